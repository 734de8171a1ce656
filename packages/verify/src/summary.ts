import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Package } from './workspace.ts';

/** Where every suite leaves its report, inside its package; `vitest.shared.ts` says the same. */
export const reportFile = 'test-report.json';

export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What a reader must know besides the figures: one line for each failure, skip or gap. */
  readonly notes: readonly string[];
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

const nothing: Summary = { passed: 0, failed: 0, skipped: 0, notes: [] };

/**
 * Adds up the suites of all packages. Whatever cannot be counted counts as one failure: a package whose suite left no
 * report or ran no test, a test file that no suite ran or that broke before its tests, and a runner that failed though
 * no test did. So `failed` is 0 only when everything that is there ran and passed.
 */
export function summarise(
  root: string,
  packages: readonly Package[],
  testFiles: readonly string[],
  runnerCode: number,
): Summary {
  const total = packages.map((each) => summaryOf(root, each, testFiles)).reduce(add, nothing);
  if (runnerCode === 0 || total.failed > 0) return total;
  return add(total, failure(`the runner ended with code ${runnerCode} though no test failed`));
}

/** The one line that ends a run. */
export function lastLine({ passed, failed, skipped }: Summary): string {
  const figures = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? figures : `${figures}, ${skipped} skipped`;
}

function summaryOf(root: string, { folder, manifest }: Package, testFiles: readonly string[]): Summary {
  const own = testFiles.filter((file) => file.startsWith(`${folder}/`));
  if (manifest.scripts?.['test'] === undefined) {
    const none = own.length === 0 && !existsSync(join(root, folder, 'test'));
    return none ? nothing : failure(`${folder} has tests but no script "test"`);
  }
  const path = join(root, folder, reportFile);
  if (!existsSync(path)) return failure(`${folder} left no report: its suite did not run to its end`);
  const { testResults } = parseReport(path);
  const ran = new Set(testResults.map(({ name }) => relative(root, name)));
  const left = own.filter((file) => !ran.has(file)).map((file) => failure(`${file} was not run by its suite`));
  const counted = testResults.map((file) => countFile(relative(root, file.name), file)).reduce(add, nothing);
  const tests = counted.passed + counted.failed + counted.skipped;
  return [counted, ...left, ...(tests === 0 ? [failure(`${folder} ran no test`)] : [])].reduce(add, nothing);
}

function countFile(path: string, file: Report['testResults'][number]): Summary {
  const named = (wanted: readonly string[]): readonly string[] =>
    file.assertionResults
      .filter(({ status }) => wanted.includes(status))
      .map(({ fullName }) => `${path} › ${fullName}`);
  const passed = named(['passed']);
  const failed = named(['failed']);
  const skipped = file.assertionResults.length - passed.length - failed.length;
  const notes = [
    ...failed.map((name) => `failed: ${name}`),
    ...named(['pending', 'skipped', 'todo', 'disabled']).map((name) => `skipped: ${name}`),
  ];
  const counted = { passed: passed.length, failed: failed.length, skipped, notes };
  const broken = file.status === 'failed' && failed.length === 0;
  return broken ? add(counted, failure(`${path} broke outside of its tests`)) : counted;
}

function failure(note: string): Summary {
  return { passed: 0, failed: 1, skipped: 0, notes: [`failed: ${note}`] };
}

function add(one: Summary, other: Summary): Summary {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
    notes: [...one.notes, ...other.notes],
  };
}

/** The one cast from what vitest's json reporter wrote; a report cut short throws here and fails the run. */
function parseReport(path: string): Report {
  return JSON.parse(readFileSync(path, 'utf8')) as Report;
}
