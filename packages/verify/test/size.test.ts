import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundledSizeBytes, overBudget, sdkWithinBudget, sizeBudgetBytes } from '../src/size.ts';
import { workspaceRoot } from '../src/workspace.ts';
import { fixture, plant } from './fixture.ts';

test('the whole client is within its budget', async () => {
  expect(await sdkWithinBudget(workspaceRoot, console.log)).toEqual([]);
});

test('canary: a client of the budget passes, and one byte more is reported', async () => {
  await using folder = await fixture({});
  const sizes = new Map<number, string>();
  for (let length = 10_500; !sizes.has(sizeBudgetBytes + 1) && length < 12_000; length += 1) {
    sizes.set(await sizeOf(folder.path, length), `length ${length}`);
  }
  expect([...sizes.keys()]).toEqual(expect.arrayContaining([sizeBudgetBytes, sizeBudgetBytes + 1]));
  const file = 'packages/sdk/src/index.ts';
  expect(overBudget(file, sizeBudgetBytes)).toEqual([]);
  expect(await sdkWithinBudget(folder.path, () => undefined)).toEqual([
    `${file} is ${sizeBudgetBytes + 1} bytes, 1 over its ${sizeBudgetBytes}`,
  ]);
});

/** Writes a client whose text hardly compresses, and weighs it. */
async function sizeOf(root: string, length: number): Promise<number> {
  const file = 'packages/sdk/src/index.ts';
  plant(root, file, `export const canary = '${noise.slice(0, length)}';\n`);
  return await bundledSizeBytes(join(root, file));
}

/** Characters without a pattern, the same on every run. */
const noise = Array.from({ length: 400 }, (_, index) =>
  createHash('sha256').update(String(index)).digest('base64url'),
).join('');
