import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundledSizeBytes, overBudget, sdkWithinBudget, sizeBudgets } from '../src/size.ts';
import { workspaceRoot } from '../src/workspace.ts';
import { fixture, plant } from './fixture.ts';

test('every entry point of the SDK is within its budget', async () => {
  expect(await sdkWithinBudget(workspaceRoot, console.log)).toEqual([]);
});

test.each([
  ['packages/sdk/src/index.ts', 10_500],
  ['packages/sdk/src/webhooks.ts', 1_700],
] as const)('canary: %s of its budget passes, and one byte more is reported', async (file, start) => {
  const entries = Object.keys(sizeBudgets).map((entry) => [entry, 'export const canary = 1;\n']);
  await using folder = await fixture(Object.fromEntries(entries));
  const budgetBytes = sizeBudgets[file];
  const sizes = new Set<number>();
  for (let length = start; !sizes.has(budgetBytes + 1) && length < start + 1500; length += 1) {
    sizes.add(await sizeOf(folder.path, file, length));
  }
  expect([...sizes]).toEqual(expect.arrayContaining([budgetBytes, budgetBytes + 1]));
  expect(overBudget(file, budgetBytes)).toEqual([]);
  expect(await sdkWithinBudget(folder.path, () => undefined)).toEqual([
    `${file} is ${budgetBytes + 1} bytes, 1 over its ${budgetBytes}`,
  ]);
});

test('canary: an entry point that is not there is reported', async () => {
  await using folder = await fixture({ 'packages/sdk/src/index.ts': 'export const canary = 1;\n' });
  expect(await sdkWithinBudget(folder.path, () => undefined)).toEqual([
    'packages/sdk/src/webhooks.ts does not exist: there is nothing to weigh',
  ]);
});

/** Writes an entry point whose text hardly compresses, and weighs it. */
async function sizeOf(root: string, file: string, length: number): Promise<number> {
  plant(root, file, `export const canary = '${noise.slice(0, length)}';\n`);
  return await bundledSizeBytes(join(root, file));
}

/** Characters without a pattern, the same on every run. */
const noise = Array.from({ length: 400 }, (_, index) =>
  createHash('sha256').update(String(index)).digest('base64url'),
).join('');
