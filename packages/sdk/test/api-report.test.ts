import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { apiReport } from '../scripts/api-report.ts';

test('the API report is up to date: a change of the public surface is seen in review', { timeout: 60_000 }, () => {
  const committed = readFileSync(new URL('../api-report.api.md', import.meta.url), 'utf8');
  expect(apiReport(), 'run `pnpm api-report`').toBe(committed);
});
