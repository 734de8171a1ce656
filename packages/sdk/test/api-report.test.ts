import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { apiReports } from '../scripts/api-report.ts';

test('the API reports are up to date: a change of the public surface is seen in review', { timeout: 60_000 }, () => {
  for (const [file, report] of Object.entries(apiReports())) {
    const committed = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
    expect(report, 'run `pnpm api-report`').toBe(committed);
  }
});
