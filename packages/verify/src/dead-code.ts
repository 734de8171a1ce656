import { lastWords, run } from './run.ts';

type Finding = { readonly name: string; readonly line?: number } | readonly { readonly name: string }[];

interface KnipReport {
  readonly issues: readonly (Readonly<Record<string, readonly Finding[] | string>> & { readonly file: string })[];
}

/** Knip: no unused file, export or dependency, none that is used but not listed, and no setting without effect. */
export async function deadCode(root: string): Promise<readonly string[]> {
  const args = ['--no-progress', '--reporter', 'json', '--treat-config-hints-as-errors'];
  const outcome = await run('knip', args, root);
  const problems = parseReport(outcome.stdout).issues.flatMap(({ file, ...kinds }) =>
    Object.entries(kinds).flatMap(([kind, findings]) =>
      typeof findings === 'string' ? [] : findings.map((finding) => `${file}: ${kind}: ${nameOf(finding)}`),
    ),
  );
  return problems.length === 0 && outcome.code !== 0 ? [`knip failed: ${lastWords(outcome)}`] : problems;
}

/** A duplicate export is reported as the list of its names. */
function nameOf(finding: Finding): string {
  return 'name' in finding ? finding.name : finding.map(({ name }) => name).join(' = ');
}

function parseReport(stdout: string): KnipReport {
  try {
    return JSON.parse(stdout) as KnipReport;
  } catch {
    return { issues: [] };
  }
}
