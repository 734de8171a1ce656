import { lastWords, run } from './run.ts';

interface BiomeReport {
  readonly summary: { readonly changed: number; readonly unchanged: number };
  readonly diagnostics: readonly {
    readonly severity: string;
    readonly category: string;
    readonly message: string;
    readonly location: { readonly path: string; readonly start?: { readonly line: number } };
  }[];
}

/** Biome's formatter and linter over every file it knows; a hint ("info") is a problem like an error. */
export async function formatAndLint(root: string): Promise<readonly string[]> {
  const args = ['ci', '--reporter=json', '--colors=off', '--max-diagnostics=none', '--error-on-warnings'];
  const outcome = await run('biome', args, root);
  const report = parseReport(outcome.stdout);
  if (report === undefined) return [`biome did not report: ${lastWords(outcome)}`];
  if (report.summary.unchanged + report.summary.changed === 0) return ['biome looked at no file at all'];
  const problems = report.diagnostics.map(
    ({ location, category, message }) => `${location.path}:${location.start?.line ?? 1} ${category} ${message}`,
  );
  if (problems.length === 0 && outcome.code !== 0) return [`biome failed: ${lastWords(outcome)}`];
  return problems;
}

function parseReport(stdout: string): BiomeReport | undefined {
  try {
    return JSON.parse(stdout) as BiomeReport;
  } catch {
    return undefined;
  }
}
