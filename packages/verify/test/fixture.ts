import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../src/run.ts';
import { temporaryFolder } from '../src/workspace.ts';

/** A small workspace of its own, as a git repository, that is gone when the block of `await using` is left. */
export async function fixture(
  files: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await temporaryFolder();
  await run('git', ['init', '--quiet'], folder.path);
  for (const [file, content] of Object.entries(files)) plant(folder.path, file, content);
  return folder;
}

/** Writes one file into a fixture or a copy. */
export function plant(root: string, file: string, content: string): void {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Adds to the end of a file of a fixture or a copy; one that does not exist yet begins with it. */
export function amend(root: string, file: string, addition: string): void {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, addition);
}
