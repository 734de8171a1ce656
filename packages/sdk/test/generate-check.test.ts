import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs the generator of a copy; gives its exit code and what it said. */
const run = (folder: string, ...args: string[]): Promise<[code: number, said: string]> =>
  new Promise((resolve) => {
    const script = join(folder, 'scripts/generate.ts');
    execFile(process.execPath, [script, ...args], (error, _, stderr) =>
      resolve([Number(error?.code ?? 0), stderr.trim()]),
    );
  });

test('--check accepts what was generated, and says in a sentence which file differs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'turnlog-sdk-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const part of ['scripts', 'src', 'openapi.json', 'package.json']) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  expect(await run(folder, '--check')).toEqual([0, '']);
  const file = join(folder, 'src/generated/types.ts');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, `${text}// by hand\n`);
  expect(await run(folder, '--check')).toEqual([
    1,
    'src/generated/types.ts: not what openapi.json says; run `pnpm generate`.',
  ]);
  expect(await run(folder)).toEqual([0, '']);
  expect(readFileSync(file, 'utf8')).toBe(text);
  writeFileSync(join(folder, 'openapi.json'), '{"openapi":"2.0"}');
  expect(await run(folder, '--check')).toEqual([
    1,
    'openapi.json cannot be generated from. openapi: the document must be OpenAPI 3.1.',
  ]);
});
