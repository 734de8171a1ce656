import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { listFiles } from './workspace.ts';

const forbidden: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'a path of one machine', pattern: /(?<![\w.:/@-])\/(?:work|root|home|Users)\/[\w.-]*/ },
  { what: 'a path of one machine', pattern: /\b[A-Z]:\\\\?Users\\/ },
  { what: 'a registry host', pattern: /\/\/[\w.-]*\b(?:npm|pkg|registry)\.[\w.-]+/ },
  { what: 'a registry host', pattern: /\bregistry\.(?:npmjs|yarnpkg|npmmirror)\.\w+/ },
  { what: 'a registry credential', pattern: /_authToken\s*=/ },
];

/** Names that say nothing about what is inside. */
const emptyNames = new Set(['utils.ts', 'util.ts', 'helpers.ts', 'helper.ts', 'misc.ts', 'common.ts']);

/** No tracked file names a place that exists on one machine only, and none has a name that says nothing. */
export async function trackedTextIsPortable(root: string): Promise<readonly string[]> {
  const files = await listFiles(root);
  return files.flatMap((file) => [
    ...(emptyNames.has(basename(file)) ? [`${file} has a name that does not say what it holds`] : []),
    ...textProblems(file, readFileSync(join(root, file))),
  ]);
}

function textProblems(file: string, content: Buffer): readonly string[] {
  if (content.includes(0)) return [];
  const lines = content.toString('utf8').split('\n');
  return lines.flatMap((line, index) =>
    forbidden.flatMap(({ what, pattern }) => {
      const found = pattern.exec(line);
      return found ? [`${file}:${index + 1} names ${what}: ${found[0]}`] : [];
    }),
  );
}
