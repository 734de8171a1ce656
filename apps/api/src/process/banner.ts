/** What the server says to the person who started it, on standard output. */
import { join, relative } from 'node:path';

export interface Start {
  readonly url: string;
  readonly file: string;
  /** Where the command was typed. */
  readonly folder: string;
  /** The repository, which holds the recorded session. */
  readonly root: string;
  /** The first org's token when this start has made it; shown this once. */
  readonly newToken: string | null;
  /** Variables that lead other commands to this server, with a space behind, or nothing. */
  readonly variables: string;
  /** Whether the operator set the token: then it is not shown. */
  readonly ownToken: boolean;
}

export function banner(start: Start): string {
  const lines = [`Turnlog listens on ${start.url}`, `Data: ${start.file}`, `Reference: ${start.url}/docs`, ''];
  if (start.newToken === null && !start.ownToken) return [...lines, ...laterStart(start)].join('\n');
  return [...lines, ...firstStart(start)].join('\n');
}

function firstStart(start: Start): string[] {
  const token = start.newToken ?? '$BOOTSTRAP_TOKEN';
  const sessions = `${start.url}/v1/sessions`;
  const authorization = `-H "Authorization: Bearer ${token}"`;
  const json = `-H 'Content-Type: application/json'`;
  const recording = relative(start.folder, join(start.root, 'examples', 'recorded-session.jsonl'));
  const shown = start.newToken === null ? [] : [`Your token, shown only now: ${token}`, ''];
  return [
    ...shown,
    'Paste these three commands: create a session, send it a recorded agent run, list its first events.',
    '',
    `curl -sS ${sessions} ${authorization} ${json} -d '{"external_id":"first","title":"My first session"}'; echo`,
    '',
    `(printf '{"events":['; paste -sd, ${recording}; printf ']}') | curl -sS ${sessions}/first/events ${authorization} ${json} --data-binary @- -o /dev/null -w 'HTTP %{http_code}\\n'`,
    '',
    `curl -sS "${sessions}/first/events?limit=5" ${authorization}; echo`,
    '',
    `To watch a session live, in another terminal: ${start.variables}npm run demo`,
    '',
  ];
}

function laterStart({ variables }: Start): string[] {
  return [
    `To watch a session live, in another terminal: ${variables}npm run demo`,
    `To make another token: ${variables}npm run org -- token`,
    `To make another organisation: ${variables}npm run org -- create NAME`,
    '',
  ];
}
