import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deadCode } from '../src/dead-code.ts';
import { workspaceCopy, workspaceRoot } from '../src/workspace.ts';
import { amend, plant } from './fixture.ts';

test('no file, export or dependency is unused, and none is unlisted', async () => {
  expect(await deadCode(workspaceRoot)).toEqual([]);
});

test('canary: a planted leftover of each kind is reported', async () => {
  await using copy = await workspaceCopy(workspaceRoot);
  const source = 'packages/core/src/ids.ts';
  amend(
    copy.path,
    source,
    "import unlisted from 'unlisted-canary';\nexport const unusedCanary = unlisted;\nexport type UnusedCanary = string;\n",
  );
  plant(copy.path, 'apps/api/src/canary.ts', "export const canary = 'tweet';\n");
  plantDependency(copy.path, 'packages/store-sqlite', 'dependencies');
  plantDependency(copy.path, 'packages/core', 'devDependencies');
  const problems = await deadCode(copy.path);
  expect(problems).toEqual(
    expect.arrayContaining([
      `${source}: exports: unusedCanary`,
      `${source}: types: UnusedCanary`,
      `${source}: unlisted: unlisted-canary`,
      'apps/api/src/canary.ts: files: apps/api/src/canary.ts',
      'packages/store-sqlite/package.json: dependencies: unused-canary',
      'packages/core/package.json: devDependencies: unused-canary',
    ]),
  );
});

function plantDependency(root: string, folder: string, kind: 'dependencies' | 'devDependencies'): void {
  const file = `${folder}/package.json`;
  const manifest = JSON.parse(readFileSync(join(root, file), 'utf8')) as Record<string, object | undefined>;
  plant(root, file, JSON.stringify({ ...manifest, [kind]: { ...manifest[kind], 'unused-canary': '1.0.0' } }));
}
