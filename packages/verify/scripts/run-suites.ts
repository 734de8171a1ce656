/**
 * Runs the suites of the packages that are named as arguments, or of all, and ends with one line,
 * `N passed, N failed[, N skipped]`. The exit code is 0 only when every suite ran to its end, every test in it passed,
 * and the runner agrees.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { lastLine, reportFile, summarise } from '../src/summary.ts';
import { listFiles, listPackages, workspaceRoot } from '../src/workspace.ts';

const wanted = process.argv.slice(2);
const packages = listPackages(workspaceRoot).filter(
  ({ manifest }) => wanted.length === 0 || wanted.includes(manifest.name),
);
for (const { folder } of packages) rmSync(join(workspaceRoot, folder, reportFile), { force: true });

/** A log that goes to a file or a pipe carries no colours. */
const plainText = process.stdout.isTTY ? {} : { NO_COLOR: '1', FORCE_COLOR: '0' };
const turbo = ['run', 'test', '--continue=always', '--ui=stream', '--log-order=stream', '--output-logs=full'];
const filters = wanted.map((name) => `--filter=${name}`);
const ended = spawnSync(join(workspaceRoot, 'node_modules/.bin/turbo'), [...turbo, ...filters], {
  cwd: workspaceRoot,
  stdio: 'inherit',
  env: { ...process.env, ...plainText, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
});
if (ended.error) console.error(`turbo could not be started: ${ended.error.message}`);

const files = await listFiles(workspaceRoot, 'packages/*.test.ts', 'apps/*.test.ts');
const testFiles = files.filter((file) => !file.includes('/canaries/'));
const summary = summarise(workspaceRoot, packages, testFiles, ended.status ?? 1);
for (const note of summary.notes) console.log(note);
console.log(lastLine(summary));
process.exitCode = summary.failed === 0 ? 0 : 1;
