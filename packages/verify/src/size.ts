import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** What the whole client may cost whoever loads it: bundled, minified and gzipped, in bytes. */
export const sizeBudgetBytes = 8192;

const entry = 'packages/sdk/src/index.ts';

/** The client is within its budget; `report` is told the figure either way. */
export async function sdkWithinBudget(root: string, report: (sentence: string) => void): Promise<readonly string[]> {
  const path = join(root, entry);
  if (!existsSync(path)) return [`${entry} does not exist: there is no client to weigh`];
  const sizeBytes = await bundledSizeBytes(path);
  report(`the whole client is ${sizeBytes} of ${sizeBudgetBytes} bytes, minified and gzipped`);
  return overBudget(entry, sizeBytes);
}

export function overBudget(name: string, sizeBytes: number): readonly string[] {
  const excessBytes = sizeBytes - sizeBudgetBytes;
  return excessBytes > 0 ? [`${name} is ${sizeBytes} bytes, ${excessBytes} over its ${sizeBudgetBytes}`] : [];
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
