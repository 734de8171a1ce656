import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatAndLint } from '../src/format-and-lint.ts';
import { workspaceRoot } from '../src/workspace.ts';
import { fixture } from './fixture.ts';

/** Where a fault is planted, the fault, and the category Biome must report for that file. */
const faults: readonly (readonly [file: string, source: string, category: string])[] = [
  ['packages/core/src/spaces.ts', 'export const   canary = 1;\n', 'format'],
  ['packages/core/src/quotes.json', '{"canary":1}\n', 'format'],
  ['packages/core/src/default-export.ts', 'export default 1;\n', 'noDefaultExport'],
  ['packages/core/src/enum.ts', 'export enum Canary {\n  Tweet = 1,\n}\n', 'noEnum'],
  ['packages/core/src/any.ts', 'export const canary = (song: any): void => void song;\n', 'noExplicitAny'],
  ['packages/core/src/camelCase.ts', 'export const canary = 1;\n', 'useFilenamingConvention'],
  ['packages/core/src/console.ts', "console.log('tweet');\n", 'noConsole'],
  ['apps/api/src/console.ts', "console.log('tweet');\n", 'noConsole'],
  ['apps/api/src/environment.ts', "export const canary = process.env['CANARY'];\n", 'noProcessEnv'],
  [
    'packages/sdk/src/node.ts',
    "import { join } from 'node:path';\n\nexport const canary = join('a');\n",
    'noNodejsModules',
  ],
  [
    'apps/api/src/protocol.ts',
    "import { join } from 'path';\n\nexport const canary = join('a');\n",
    'useNodejsImportProtocol',
  ],
  ['apps/api/src/type.ts', "import { Song } from './song.ts';\n\nexport const canary: Song = 1;\n", 'useImportType'],
  ['apps/api/src/unused.ts', "import { Song } from './song.ts';\n", 'noUnusedImports'],
  [
    'apps/api/src/assertion.ts',
    'export const canary = (songs: string[]): string => songs[0]!;\n',
    'noNonNullAssertion',
  ],
  ['apps/api/src/floating.ts', 'async function sing(): Promise<void> {}\n\nsing();\n', 'noFloatingPromises'],
  ['apps/api/src/long.ts', 'export {};\n'.repeat(251), 'noExcessiveLinesPerFile'],
  ['apps/api/test/focused.test.ts', "test.only('tweet', () => {});\n", 'noFocusedTests'],
];

test('every file is formatted and keeps the rules of style', async () => {
  expect(await formatAndLint(workspaceRoot)).toEqual([]);
});

test('canary: a planted fault of each kind is reported, in its file and by its rule', async () => {
  const config = { 'biome.json': readFileSync(join(workspaceRoot, 'biome.json'), 'utf8'), '.gitignore': '' };
  const planted = Object.fromEntries(faults.map(([file, source]) => [file, source]));
  await using broken = await fixture({ ...config, ...planted });
  const problems = await formatAndLint(broken.path);
  const missed = faults.filter(
    ([file, , category]) => !problems.some((each) => each.startsWith(`${file}:`) && each.includes(category)),
  );
  expect(missed.map(([file, , category]) => `${category} was not reported for ${file}`)).toEqual([]);
});
