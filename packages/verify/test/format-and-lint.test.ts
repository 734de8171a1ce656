import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatAndLint } from '../src/format-and-lint.ts';
import { workspaceRoot } from '../src/workspace.ts';
import { fixture } from './fixture.ts';

const biomeConfig = readFileSync(join(workspaceRoot, 'biome.json'), 'utf8');

/** Where a fault is planted, the fault, and the rule (or `format`) by which Biome must report that file. */
const faults: readonly (readonly [file: string, source: string, rule: string])[] = [
  ['packages/core/src/spaces.ts', 'export const   canary = 1;\n', 'format'],
  ['packages/core/src/quotes.json', '{"canary":1}\n', 'format'],
  ['packages/core/src/default-export.ts', 'export default 1;\n', 'noDefaultExport'],
  ['packages/core/src/enum.ts', 'export enum Canary {\n  Tweet = 1,\n}\n', 'noEnum'],
  ['packages/core/src/any.ts', 'export const canary = (song: any): void => void song;\n', 'noExplicitAny'],
  ['packages/core/src/camelCase.ts', 'export const canary = 1;\n', 'useFilenamingConvention'],
  ['packages/core/src/console.ts', "console.log('tweet');\n", 'noConsole'],
  ['packages/core/src/node.ts', "import 'node:path';\n", 'noNodejsModules'],
  ['packages/sdk/src/node.ts', "import 'node:path';\n", 'noNodejsModules'],
  ['packages/core/src/one.ts', "export * from './two.ts';\n", 'noImportCycles'],
  ['packages/core/src/two.ts', "export * from './one.ts';\n", 'noImportCycles'],
  ['apps/api/src/console.ts', "console.log('tweet');\n", 'noConsole'],
  ['apps/api/src/environment.ts', "export const canary = process.env['CANARY'];\n", 'noProcessEnv'],
  ['apps/api/src/protocol.ts', "import 'path';\n", 'useNodejsImportProtocol'],
  ['apps/api/src/type.ts', "import { Song } from './song.ts';\n\nexport const canary: Song = 1;\n", 'useImportType'],
  ['apps/api/src/export-type.ts', 'type Canary = 1;\nexport { Canary };\n', 'useExportType'],
  ['apps/api/src/unused-import.ts', "import { Song } from './song.ts';\n", 'noUnusedImports'],
  ['apps/api/src/unused-variable.ts', 'const canary = 1;\n', 'noUnusedVariables'],
  ['apps/api/src/unused-parameter.ts', 'export function sing(canary: string) {}\n', 'noUnusedFunctionParameters'],
  ['apps/api/src/assertion.ts', 'export const canary = (songs: string[]) => songs[0]!;\n', 'noNonNullAssertion'],
  ['apps/api/src/floating.ts', 'async function sing(): Promise<void> {}\n\nsing();\n', 'noFloatingPromises'],
  ['apps/api/src/misused.ts', '[1].forEach(async () => {});\n', 'noMisusedPromises'],
  ['apps/api/src/long-file.ts', 'export {};\n'.repeat(251), 'noExcessiveLinesPerFile'],
  [
    'apps/api/src/long-function.ts',
    `export function f() {\n${'  f();\n'.repeat(71)}}\n`,
    'noExcessiveLinesPerFunction',
  ],
  ['apps/api/src/namespace.ts', 'export namespace Canary {}\n', 'noNamespace'],
  ['apps/api/src/parameter.ts', "export function sing(song: string) {\n  song = 'tweet';\n}\n", 'noParameterAssign'],
  ['apps/api/src/property.ts', 'export class A {\n  constructor(readonly b: string) {}\n}\n', 'noParameterProperties'],
  ['apps/api/src/mutable.ts', 'export class A {\n  private b = 1;\n  c = this.b;\n}\n', 'useReadonlyClassProperties'],
  ['apps/api/src/throw.ts', "throw 'tweet';\n", 'useThrowOnlyError'],
  ['apps/api/src/ignore.ts', '// @ts-ignore\nexport const canary = 1;\n', 'noTsIgnore'],
  ['apps/api/src/var.ts', 'export var canary = 1;\n', 'noVar'],
  ['apps/api/test/focused.test.ts', "test.only('tweet', () => {});\n", 'noFocusedTests'],
];

test('every file is formatted and keeps the rules of style', async () => {
  expect(await formatAndLint(workspaceRoot)).toEqual([]);
});

test('canary: each rule that biome.json names has a fault to find', () => {
  const named = [...biomeConfig.matchAll(/"((?:no|use)[A-Z]\w+)": (?:"error"|\{ "level": "error"|\{$)/gm)];
  const planted = new Set(faults.map(([, , rule]) => rule));
  expect(named.length).toBeGreaterThan(20);
  expect(named.map(([, rule = '']) => rule).filter((rule) => !planted.has(rule))).toEqual([]);
});

test('canary: a planted fault of each kind is reported, in its file and by its rule', async () => {
  const planted = Object.fromEntries(faults.map(([file, source]) => [file, source]));
  await using broken = await fixture({ 'biome.json': biomeConfig, '.gitignore': '', ...planted });
  const problems = await formatAndLint(broken.path);
  const missed = faults.filter(
    ([file, , rule]) => !problems.some((each) => each.startsWith(`${file}:`) && each.includes(rule)),
  );
  expect(missed.map(([file, , rule]) => `${rule} was not reported for ${file}`)).toEqual([]);
});
