import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** What an entry point of the SDK may cost whoever loads it: bundled, minified and gzipped, in bytes. */
export const sizeBudgets = { 'packages/sdk/src/index.ts': 8192, 'packages/sdk/src/webhooks.ts': 1536 } as const;

type Entry = keyof typeof sizeBudgets;

/** Each entry point is within its budget; `report` is told the figures either way. */
export async function sdkWithinBudget(root: string, report: (sentence: string) => void): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const entry of Object.keys(sizeBudgets) as Entry[]) {
    const path = join(root, entry);
    if (existsSync(path)) {
      const sizeBytes = await bundledSizeBytes(path);
      report(`${entry} is ${sizeBytes} of ${sizeBudgets[entry]} bytes, minified and gzipped`);
      problems.push(...overBudget(entry, sizeBytes));
    } else problems.push(`${entry} does not exist: there is nothing to weigh`);
  }
  return problems;
}

export function overBudget(entry: Entry, sizeBytes: number): readonly string[] {
  const excessBytes = sizeBytes - sizeBudgets[entry];
  return excessBytes > 0 ? [`${entry} is ${sizeBytes} bytes, ${excessBytes} over its ${sizeBudgets[entry]}`] : [];
}

/** The size of everything that `path` reaches, as one module for any runtime. */
export async function bundledSizeBytes(path: string): Promise<number> {
  const built = await build({
    entryPoints: [path],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
  });
  const contents = built.outputFiles.map((file) => file.contents);
  return gzipSync(Buffer.concat(contents), { level: 9 }).byteLength;
}
