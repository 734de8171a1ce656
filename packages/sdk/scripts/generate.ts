import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Document, Refusal } from './generator/document.ts';
import { readOperations } from './generator/operations.ts';
import { printFiles } from './generator/resources.ts';
import { TypeWriter } from './generator/types.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The two generated files for a document. Throws a {@link Refusal} on what the generator does not understand. */
export function generate(document: Document): Readonly<Record<string, string>> {
  const { types, resources } = printFiles(readOperations(document), new TypeWriter(document));
  return { 'src/generated/types.ts': types, 'src/generated/resources.ts': resources };
}

/** Writes the files, or with `--check` only says which of them differ. Returns the exit code. */
function main(check: boolean): number {
  const files = generate(JSON.parse(readFileSync(join(root, 'openapi.json'), 'utf8')));
  const stale = Object.entries(files).filter(([path, text]) => read(join(root, path)) !== text);
  if (check && stale.length > 0) {
    console.error(`${stale.map(([path]) => path).join(' and ')}: not what openapi.json says; run \`pnpm generate\`.`);
    return 1;
  }
  for (const [path, text] of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return 0;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.exitCode = main(process.argv.includes('--check'));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.error(`openapi.json cannot be generated from. ${error.message}`);
    process.exitCode = 1;
  }
}
