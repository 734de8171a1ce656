import { expect, test } from 'vitest';
import { arrowsHold } from '../src/arrows.ts';
import { workspaceRoot } from '../src/workspace.ts';
import { fixture } from './fixture.ts';

function manifest(name: string, fields: object = {}): string {
  return JSON.stringify({ name: `@turnlog/${name}`, ...fields });
}

test('packages depend on each other only along the arrows of the architecture', async () => {
  expect(await arrowsHold(workspaceRoot)).toEqual([]);
});

test('canary: an arrow that is not drawn is reported, for each package that may not have it', async () => {
  const onApi = { dependencies: { '@turnlog/api': 'workspace:*' } };
  await using broken = await fixture({
    'packages/core/package.json': manifest('core', { dependencies: { '@turnlog/store-sqlite': 'workspace:*' } }),
    'packages/store-sqlite/package.json': manifest('store-sqlite', { peerDependencies: { '@turnlog/sdk': '*' } }),
    'packages/store-conformance/package.json': manifest('store-conformance', onApi),
    'packages/sdk/package.json': manifest('sdk', { dependencies: { zod: '4.6.7' } }),
    'apps/api/package.json': manifest('api', { dependencies: { '@turnlog/store-conformance': 'workspace:*' } }),
    'apps/new/package.json': manifest('new', { dependencies: { '@turnlog/core': 'workspace:*' } }),
  });
  const problems = await arrowsHold(broken.path);
  expect([...problems].sort()).toEqual([
    'apps/api/package.json depends on @turnlog/store-conformance: there is no arrow api → store-conformance',
    'apps/new/package.json depends on @turnlog/core: there is no arrow new → core',
    'packages/core/package.json depends on @turnlog/store-sqlite: there is no arrow core → store-sqlite',
    'packages/sdk/package.json depends on zod: the SDK depends on nothing',
    'packages/store-conformance/package.json depends on @turnlog/api: there is no arrow store-conformance → api',
    'packages/store-sqlite/package.json depends on @turnlog/sdk: there is no arrow store-sqlite → sdk',
  ]);
});

test('canary: an import that goes round the manifest is reported', async () => {
  await using broken = await fixture({
    'packages/core/package.json': manifest('core'),
    'packages/core/src/node.ts': "import { join } from 'node:path';\n",
    'packages/core/src/song.test.ts': "import { expect } from 'vitest';\n",
    'packages/core/src/round.ts': "export * from '../../store-sqlite/src/index.ts';\n",
    'apps/api/package.json': manifest('api', { devDependencies: { '@turnlog/sdk': 'workspace:*' } }),
    'apps/api/src/main.ts': "const sdk = await import('@turnlog/sdk/webhooks');\n// import 'nothing'\n",
    'apps/api/src/path.ts': "import { join } from 'node:path';\nimport { main } from './main.ts';\n",
    'apps/api/src/sentence.ts': `export const sentence = "'from' must be 'start'";\n`,
  });
  const problems = await arrowsHold(broken.path);
  expect([...problems].sort()).toEqual([
    'apps/api/src/main.ts imports @turnlog/sdk/webhooks, which apps/api/package.json does not list under dependencies',
    'packages/core/src/node.ts imports node:path: it must run anywhere',
    'packages/core/src/round.ts imports ../../store-sqlite/src/index.ts: outside its own package',
  ]);
});
