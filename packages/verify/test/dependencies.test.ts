import { expect, test } from 'vitest';
import { dependenciesArePinned, lockfileUpToDate } from '../src/dependencies.ts';
import { type Manifest, readManifest, workspaceCopy, workspaceRoot } from '../src/workspace.ts';
import { fixture, plant } from './fixture.ts';

test('every dependency is pinned', async () => {
  expect(await dependenciesArePinned(workspaceRoot)).toEqual([]);
});

test('canary: a range is reported', async () => {
  const manifest = {
    name: 'canary',
    dependencies: { hono: '^4.13.19', zod: '4.6.7' },
    devDependencies: { ulid: 'latest' },
  };
  await using broken = await fixture({ 'package.json': JSON.stringify(manifest) });
  expect(await dependenciesArePinned(broken.path)).toEqual([
    'package.json does not pin hono: ^4.13.19',
    'package.json does not pin ulid: latest',
  ]);
});

test('the lockfile is up to date', async () => {
  expect(await lockfileUpToDate(workspaceRoot)).toEqual([]);
});

test('canary: a manifest that moved on without the lockfile is reported', async () => {
  await using copy = await workspaceCopy(workspaceRoot);
  const manifest: Manifest = readManifest(copy.path);
  plant(copy.path, 'package.json', JSON.stringify({ ...manifest, devDependencies: {} }));
  expect(await lockfileUpToDate(copy.path)).toEqual([expect.stringContaining('pnpm-lock.yaml is not up to date')]);
});
