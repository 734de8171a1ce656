import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { lastWords, run } from './run.ts';
import { readManifest, workspaceCopy } from './workspace.ts';

/** A packed package, or the sentence that says why it cannot be packed. */
export type Packed = { readonly tarball: string } | { readonly problem: string };

/** Packs the SDK as a publish from a clean clone would, and hands the tarball to `look`. */
export async function withSdkTarball(
  root: string,
  look: (tarball: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const folder = 'packages/sdk';
  if (!existsSync(join(root, folder, 'src/index.ts')))
    return [`${folder}/src/index.ts does not exist: nothing to pack`];
  if (readManifest(join(root, folder)).scripts?.['prepack'] === undefined) {
    return [`${folder}/package.json has no script "prepack": a publish from a clean clone would carry no build`];
  }
  await using copy = await workspaceCopy(root);
  const packed = await pack(join(copy.path, folder), root);
  return 'problem' in packed ? [packed.problem] : await look(packed.tarball);
}

/** Packs one package folder, in place, with the package manager that the workspace at `root` names. */
export async function pack(folder: string, root: string): Promise<Packed> {
  const manager = readManifest(root).packageManager ?? 'pnpm';
  const packing = await run('npx', ['-y', manager, 'pack', '--pack-destination', folder], folder);
  const name = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  if (packing.code !== 0 || name === undefined) return { problem: `it cannot be packed: ${lastWords(packing)}` };
  return { tarball: join(folder, name) };
}

/** `publint --strict`: the manifest of the tarball points at files that are there and are what it says. */
export async function publint(tarball: string): Promise<readonly string[]> {
  const outcome = await run('publint', ['run', tarball, '--strict'], join(tarball, '..'));
  return outcome.code === 0 ? [] : [`publint: ${lastWords(outcome)}`];
}

/** `attw --profile esm-only`: the tarball's types resolve, and say what the code is. */
export async function areTheTypesWrong(tarball: string): Promise<readonly string[]> {
  const args = [tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji', '--no-definitely-typed'];
  const outcome = await run('attw', args, join(tarball, '..'));
  return outcome.code === 0 ? [] : [`attw: ${lastWords(outcome)}`];
}
