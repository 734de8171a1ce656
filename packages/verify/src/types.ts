import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { lastWords, run } from './run.ts';
import { listFiles, listPackages } from './workspace.ts';

/** Settings of tsconfig.base.json that say how files are found and written, not how strictly they are read. */
const notStrictness = new Set(['noEmit', 'allowImportingTsExtensions', 'resolveJsonModule', 'skipLibCheck']);

interface TypeScriptConfig {
  readonly compilerOptions: Readonly<Record<string, unknown>>;
}

/** Every package has a tsconfig, loosens no flag, leaves no TypeScript file unread, and compiles. */
export async function typesOfEveryPackage(root: string): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const { folder } of listPackages(root)) problems.push(...(await typesOfPackage(root, folder)));
  return problems;
}

/** The strict flags and their values, as tsconfig.base.json sets them. */
export function strictFlags(root: string): ReadonlyMap<string, boolean> {
  const base = parseConfig(readFileSync(join(root, 'tsconfig.base.json'), 'utf8'));
  const flags = new Map<string, boolean>();
  for (const [flag, value] of Object.entries(base.compilerOptions)) {
    if (typeof value === 'boolean' && !notStrictness.has(flag)) flags.set(flag, value);
  }
  return flags;
}

async function typesOfPackage(root: string, folder: string): Promise<readonly string[]> {
  const configs = readdirSync(join(root, folder)).filter((name) => /^tsconfig(\..+)?\.json$/.test(name));
  if (!configs.includes('tsconfig.json')) return [`${folder} has no tsconfig.json: its types are not checked`];
  const problems: string[] = [];
  const read = new Set<string>();
  for (const config of configs) {
    const path = `${folder}/${config}`;
    problems.push(...(await looserFlags(root, path)));
    const compiled = await run('tsc', ['-p', path, '--noEmit', '--listFiles', '--pretty', 'false'], root);
    const lines = compiled.stdout.split('\n');
    const errors = lines.filter((line) => /\berror TS\d+/.test(line));
    problems.push(...errors);
    if (compiled.code !== 0 && errors.length === 0) problems.push(`${path}: tsc failed: ${lastWords(compiled)}`);
    for (const line of lines) read.add(relative(realpathSync(root), line));
  }
  const sources = await listFiles(root, `${folder}/*.ts`);
  const unread = sources.filter((file) => !read.has(file) && !file.includes('/canaries/'));
  return [...problems, ...unread.map((file) => `${file} is in no tsconfig of its package: its types are not checked`)];
}

async function looserFlags(root: string, path: string): Promise<readonly string[]> {
  const shown = await run('tsc', ['-p', path, '--showConfig'], root);
  if (shown.code !== 0) return [`${path}: tsc cannot read it: ${lastWords(shown)}`];
  const { compilerOptions } = parseConfig(shown.stdout);
  return [...strictFlags(root)]
    .filter(([flag, value]) => compilerOptions[flag] !== value)
    .map(([flag, value]) => `${path} does not keep ${flag}: ${value} of tsconfig.base.json`);
}

/** The one cast from a tsconfig's JSON; `compilerOptions` is there in the base and in what tsc shows. */
function parseConfig(text: string): TypeScriptConfig {
  return JSON.parse(text) as TypeScriptConfig;
}
