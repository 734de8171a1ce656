import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { lastWords, run } from './run.ts';
import { listFiles, listPackages, readManifest, temporaryFolder } from './workspace.ts';

/** An exact version, or a package that lies in this repository. */
const pinned = /^(\d+\.\d+\.\d+(-[\w.]+)?|workspace:\*|file:\.\/.+)$/;

/** Every dependency is pinned to one version, so that two installs of one commit are the same. */
export async function dependenciesArePinned(root: string): Promise<readonly string[]> {
  const packages = [{ folder: '.', manifest: readManifest(root) }, ...listPackages(root)];
  return packages.flatMap(({ folder, manifest }) =>
    [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies]
      .flatMap((kind) => Object.entries(kind ?? {}))
      .filter(([, version]) => !pinned.test(version))
      .map(([name, version]) => `${join(folder, 'package.json')} does not pin ${name}: ${version}`),
  );
}

/** The lockfile says what the manifests say: an install that may not change it succeeds, as in a clean clone. */
export async function lockfileUpToDate(root: string): Promise<readonly string[]> {
  await using copy = await temporaryFolder();
  const files = await listFiles(root, 'package.json', '*/package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml');
  for (const file of files) await cp(join(root, file), join(copy.path, file));
  const manager = readManifest(root).packageManager ?? 'pnpm';
  const install = ['-y', manager, 'install', '--frozen-lockfile', '--lockfile-only'];
  const outcome = await run('npx', install, copy.path);
  return outcome.code === 0 ? [] : [`pnpm-lock.yaml is not up to date: ${lastWords(outcome)}`];
}
