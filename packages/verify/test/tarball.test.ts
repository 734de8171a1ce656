import { describe, expect, test } from 'vitest';
import { areTheTypesWrong, pack, publint, withSdkTarball } from '../src/tarball.ts';
import { workspaceRoot } from '../src/workspace.ts';
import { fixture } from './fixture.ts';

const sound = {
  'index.js': "export const canary = 'tweet';\n",
  'index.d.ts': 'export declare const canary: string;\n',
};

/** Packs a package of the two sound files and the given exports, and hands the tarball to `look`. */
async function packed(
  exports: object,
  look: (tarball: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const manifest = {
    name: 'canary',
    version: '1.0.0',
    license: 'MIT',
    type: 'module',
    files: ['*.js', '*.d.ts'],
    exports,
  };
  await using folder = await fixture({ ...sound, 'package.json': JSON.stringify(manifest) });
  const outcome = await pack(folder.path, workspaceRoot);
  if ('problem' in outcome) throw new Error(outcome.problem);
  return await look(outcome.tarball);
}

const right = { '.': { types: './index.d.ts', default: './index.js' } };

describe('publint --strict', () => {
  test('finds nothing in the packed SDK', async () => {
    expect(await withSdkTarball(workspaceRoot, publint)).toEqual([]);
  });

  test('canary: exports that name no file are reported, and sound ones are not', async () => {
    const broken = { '.': { types: './index.d.ts', default: './gone.js' } };
    expect(await packed(broken, publint)).toEqual([expect.stringContaining('gone.js')]);
    expect(await packed(right, publint)).toEqual([]);
  });

  test('canary: a mere warning is reported', async () => {
    const late = { '.': { default: './index.js', types: './index.d.ts' } };
    expect(await packed(late, publint)).toEqual([expect.stringContaining('types')]);
  });
});

describe('attw --profile esm-only', () => {
  test('finds nothing in the packed SDK', async () => {
    expect(await withSdkTarball(workspaceRoot, areTheTypesWrong)).toEqual([]);
  });

  test('canary: exports without their types are reported, and sound ones are not', async () => {
    const untyped = { '.': './index.js', './song': { types: './gone.d.ts', default: './index.js' } };
    expect(await packed(untyped, areTheTypesWrong)).toEqual([expect.stringContaining('canary/song')]);
    expect(await packed(right, areTheTypesWrong)).toEqual([]);
  });
});
