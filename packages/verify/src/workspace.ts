import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.ts';

export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly packageManager?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Package {
  /** Relative to the root, as `packages/core`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

export const workspaceRoot: string = join(import.meta.dirname, '../../..');

/** Every package of the workspace: the folders of packages/ and apps/ that hold a package.json. */
export function listPackages(root: string): readonly Package[] {
  return ['packages', 'apps']
    .filter((parent) => existsSync(join(root, parent)))
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`))
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => ({ folder, manifest: readManifest(join(root, folder)) }));
}

/** The one cast from JSON to a manifest; `name` is all that is promised, and pnpm refuses a package without it. */
export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Files that git tracks or would track, relative to the root. A file that is gone but not yet committed is not one. */
export async function listFiles(root: string, ...patterns: readonly string[]): Promise<readonly string[]> {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...patterns];
  const listed = await run('git', args, root);
  if (listed.code !== 0) throw new Error(`git cannot list the files of ${root}: ${listed.stderr}`);
  return listed.stdout.split('\0').filter((file) => file !== '' && existsSync(join(root, file)));
}

/** An empty folder that is gone when the block of `await using` is left. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'turnlog-verify-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/**
 * A copy of the workspace's files to break or build in. Installed packages are links to the originals; git is told to
 * pass over them, because `.gitignore` names folders and a link is none.
 */
export async function workspaceCopy(root: string): Promise<AsyncDisposable & { readonly path: string }> {
  const copy = await temporaryFolder();
  const git = await run('git', ['init', '--quiet'], copy.path);
  if (git.code !== 0) throw new Error(`git cannot make a repository for the copy: ${git.stderr}`);
  await writeFile(join(copy.path, '.git/info/exclude'), 'node_modules\n');
  for (const file of await listFiles(root)) await cp(join(root, file), join(copy.path, file));
  for (const folder of ['.', ...listPackages(root).map((each) => each.folder)]) {
    const modules = join(root, folder, 'node_modules');
    if (existsSync(modules)) await symlink(modules, join(copy.path, folder, 'node_modules'));
  }
  return copy;
}
