import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lastLine, reportFile, type Summary, summarise } from '../src/summary.ts';
import { listPackages } from '../src/workspace.ts';
import { fixture, plant } from './fixture.ts';

const suite = 'packages/canary/test/song.test.ts';

interface Run {
  /** The status of each test in the suite's one file; without it the suite leaves no report. */
  readonly tests?: readonly string[];
  readonly fileStatus?: string;
  readonly files?: readonly string[];
  readonly code?: number;
  readonly scripts?: object;
  /** Something in the package's test folder that is no test. */
  readonly helper?: string;
}

/** What is summed up of a workspace of one package whose run went as told. */
async function summaryOf(told: Run): Promise<Summary> {
  const manifest = { name: 'canary', scripts: told.scripts ?? { test: 'vitest run' } };
  await using folder = await fixture({ 'packages/canary/package.json': JSON.stringify(manifest) });
  if (told.tests !== undefined) {
    const assertionResults = told.tests.map((status, index) => ({ status, fullName: `verse ${index}` }));
    const file = { name: join(folder.path, suite), status: told.fileStatus ?? 'passed', assertionResults };
    plant(folder.path, `packages/canary/${reportFile}`, JSON.stringify({ testResults: [file] }));
  }
  if (told.helper !== undefined) plant(folder.path, `packages/canary/test/${told.helper}`, 'export {};\n');
  return summarise(folder.path, listPackages(folder.path), told.files ?? [suite], told.code ?? 0);
}

test('tests that passed are added up, and skipped ones are counted and named', async () => {
  const summary = await summaryOf({ tests: ['passed', 'passed', 'skipped', 'todo'] });
  expect(lastLine(summary)).toBe('2 passed, 0 failed, 2 skipped');
  expect(summary.notes).toEqual([`skipped: ${suite} › verse 2`, `skipped: ${suite} › verse 3`]);
  expect(lastLine(await summaryOf({ tests: ['passed'] }))).toBe('1 passed, 0 failed');
  expect(lastLine(await summaryOf({ scripts: {}, files: [] }))).toBe('0 passed, 0 failed');
});

test.each<readonly [why: string, told: Run, line: string]>([
  ['a failed test', { tests: ['passed', 'failed'], fileStatus: 'failed', code: 1 }, '1 passed, 1 failed'],
  ['a suite that left no report', {}, '0 passed, 1 failed'],
  ['a suite that ran no test', { tests: [] }, '0 passed, 1 failed'],
  ['a suite whose tests were all taken away', { tests: [], files: [] }, '0 passed, 1 failed'],
  ['a test file that was not run', { tests: ['passed'], files: [suite, `${suite}x`] }, '1 passed, 1 failed'],
  ['a file that broke outside of its tests', { tests: ['passed'], fileStatus: 'failed' }, '1 passed, 1 failed'],
  ['tests in a package without the script', { scripts: {} }, '0 passed, 1 failed'],
  ['a test folder without a test', { scripts: {}, files: [], helper: 'song.ts' }, '0 passed, 1 failed'],
  ['a runner that failed for another reason', { tests: ['passed'], code: 1 }, '1 passed, 1 failed'],
])('canary: %s is a failure', async (_why, told, line) => {
  expect(lastLine(await summaryOf(told))).toBe(line);
});
