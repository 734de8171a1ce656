import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastWords, run } from './run.ts';
import { listFiles, readManifest, workspaceCopy } from './workspace.ts';

/** The OpenAPI document that apps/api writes for the SDK is what the routes say today. */
export function openApiUpToDate(root: string): Promise<readonly string[]> {
  return writerAgrees(root, 'apps/api', 'openapi', 'packages/sdk/openapi.json');
}

/** The SDK's generated sources are what its generator makes of the document today. */
export function sdkSourcesUpToDate(root: string): Promise<readonly string[]> {
  return writerAgrees(root, 'packages/sdk', 'generate', 'packages/sdk/src/generated');
}

/** `drizzle-kit generate` finds nothing in the schema that the migrations do not hold. */
export async function migrationsUpToDate(root: string): Promise<readonly string[]> {
  const folder = 'packages/store-sqlite';
  if (!existsSync(join(root, folder, 'drizzle.config.ts'))) {
    return [`${folder}/drizzle.config.ts does not exist: nothing says that the migrations match the schema`];
  }
  await using copy = await workspaceCopy(root);
  const before = await digests(copy.path, folder);
  if (![...before.keys()].some((file) => file.endsWith('.sql'))) return [`${folder} holds no migration`];
  const tool = join(copy.path, folder, 'node_modules/.bin/drizzle-kit');
  const generated = await run(tool, ['generate'], join(copy.path, folder));
  if (generated.code !== 0) return [`drizzle-kit generate failed: ${lastWords(generated)}`];
  const after = await digests(copy.path, folder);
  return [...after]
    .filter(([file, digest]) => before.get(file) !== digest)
    .map(([file]) => `${file} would be written by drizzle-kit generate: the schema has moved on`);
}

/** Asks the package's own script, with `--check`, whether what it wrote is still what it would write. */
async function writerAgrees(root: string, folder: string, script: string, written: string): Promise<readonly string[]> {
  const file = `scripts/${script}.ts`;
  const says = `nothing says that ${written} is up to date`;
  if (!existsSync(join(root, folder, file))) return [`${folder}/${file} does not exist: ${says}`];
  if (readManifest(join(root, folder)).scripts?.[script] === undefined) {
    return [`${folder}/package.json has no script "${script}" for ${file}`];
  }
  if (!existsSync(join(root, written))) return [`${written} does not exist: run the script "${script}" of ${folder}`];
  const checked = await run('node', [file, '--check'], join(root, folder));
  return checked.code === 0 ? [] : [`${written} is not up to date: ${lastWords(checked)}`];
}

async function digests(root: string, folder: string): Promise<ReadonlyMap<string, string>> {
  const files = await listFiles(root, folder);
  return new Map(files.map((file) => [file, digest(readFileSync(join(root, file)))]));
}

function digest(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
