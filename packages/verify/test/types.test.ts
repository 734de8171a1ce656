import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../src/run.ts';
import { strictFlags, typesOfEveryPackage } from '../src/types.ts';
import { workspaceRoot } from '../src/workspace.ts';
import { fixture, plant } from './fixture.ts';

const canaries = join(import.meta.dirname, '../canaries');

/** A canary is named after its flag (`strict.` and the member for what `strict` stands for) and begins with its code. */
const flagCanaries = readdirSync(join(canaries, 'flags')).map((file) => {
  const [head = ''] = readFileSync(join(canaries, 'flags', file), 'utf8').split('\n');
  const also = /also with (\w+)/.exec(head)?.[1];
  const flag = file.replace(/^strict\./, '').replace(/\.ts$/, '');
  return { file, flag, code: /TS\d+/.exec(head)?.[0] ?? 'no code', off: also === undefined ? [flag] : [flag, also] };
});

const tsconfig = JSON.stringify({ extends: '../../tsconfig.base.json', include: ['src'] });
const manifest = JSON.stringify({ name: '@turnlog/canary', type: 'module' });

/** A workspace of one package that takes the repository's tsconfig.base.json. */
function onePackage(files: Readonly<Record<string, string>>): ReturnType<typeof fixture> {
  return fixture({
    'tsconfig.base.json': readFileSync(join(workspaceRoot, 'tsconfig.base.json'), 'utf8'),
    'packages/canary/package.json': manifest,
    ...files,
  });
}

test('every package compiles under every strict flag', async () => {
  expect(await typesOfEveryPackage(workspaceRoot)).toEqual([]);
});

test('canary: a package without a tsconfig is reported', async () => {
  await using broken = await onePackage({ 'packages/canary/src/index.ts': 'export {};\n' });
  expect(await typesOfEveryPackage(broken.path)).toEqual([
    'packages/canary has no tsconfig.json: its types are not checked',
  ]);
});

test('canary: a file that no tsconfig reads is reported', async () => {
  const sources = { 'packages/canary/src/index.ts': 'export {};\n', 'packages/canary/test/song.ts': 'export {};\n' };
  await using broken = await onePackage({ 'packages/canary/tsconfig.json': tsconfig, ...sources });
  expect(await typesOfEveryPackage(broken.path)).toEqual([
    'packages/canary/test/song.ts is in no tsconfig of its package: its types are not checked',
  ]);
});

test('canary: a package that loosens a flag is reported', async () => {
  const loose = { extends: '../../tsconfig.base.json', compilerOptions: { noUnusedLocals: false }, include: ['src'] };
  const sources = { 'packages/canary/src/index.ts': 'const canary = 1;\nexport {};\n' };
  await using broken = await onePackage({ 'packages/canary/tsconfig.json': JSON.stringify(loose), ...sources });
  expect(await typesOfEveryPackage(broken.path)).toEqual([
    'packages/canary/tsconfig.json does not keep noUnusedLocals: true of tsconfig.base.json',
  ]);
});

describe('canary: strict flags', () => {
  test('each flag of tsconfig.base.json has a canary', () => {
    const covered = new Set(flagCanaries.map(({ file }) => file.split('.')[0]));
    expect([...strictFlags(workspaceRoot).keys()].filter((flag) => !covered.has(flag))).toEqual([]);
  });

  test('each canary is reported with its code, and no longer when its flag is off', async () => {
    await using broken = await onePackage({ 'packages/canary/tsconfig.json': tsconfig });
    for (const file of ['song.ts', 'ambient.d.ts', ...flagCanaries.map((each) => `flags/${each.file}`)]) {
      plant(broken.path, `packages/canary/src/${file}`, readFileSync(join(canaries, file), 'utf8'));
    }
    const problems = await typesOfEveryPackage(broken.path);
    for (const { file, flag, code, off } of flagCanaries) {
      const fault = (line: string): boolean => line.includes(`/flags/${file}(`) && line.includes(`error ${code}:`);
      expect(problems.filter(fault), `${flag} on`).not.toEqual([]);
      const switches = off.flatMap((each) => [`--${each}`, String(each.startsWith('allow'))]);
      const loose = await run('tsc', ['-p', 'packages/canary', '--pretty', 'false', ...switches], broken.path);
      expect(loose.stdout.split('\n').filter(fault), `${flag} off`).toEqual([]);
    }
  });
});
