import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { migrationsUpToDate, openApiUpToDate, sdkSourcesUpToDate } from '../src/generated.ts';
import { listFiles, workspaceCopy, workspaceRoot } from '../src/workspace.ts';
import { amend, fixture, plant } from './fixture.ts';

const document = 'packages/sdk/openapi.json';

describe('the OpenAPI document', () => {
  test('is what apps/api writes', async () => {
    expect(await openApiUpToDate(workspaceRoot)).toEqual([]);
  });

  test('canary: one edited by hand is reported', async () => {
    await using copy = await workspaceCopy(workspaceRoot);
    const text = existsSync(join(copy.path, document)) ? readFileSync(join(copy.path, document), 'utf8') : '{}\n';
    plant(copy.path, document, text.replace('{', '{\n  "x-canary": true,'));
    expect(await openApiUpToDate(copy.path)).toEqual([expect.stringContaining(`${document} is not up to date`)]);
  });
});

describe('the SDK sources', () => {
  test('are what the generator makes of the document', async () => {
    expect(await sdkSourcesUpToDate(workspaceRoot)).toEqual([]);
  });

  test('canary: one edited by hand is reported, and so is a document that moved on', async () => {
    await using edited = await workspaceCopy(workspaceRoot);
    const [first = 'packages/sdk/src/generated/canary.ts'] = await listFiles(edited.path, 'packages/sdk/src/generated');
    amend(edited.path, first, '// canary\n');
    const stale = [expect.stringContaining('packages/sdk/src/generated is not up to date')];
    expect(await sdkSourcesUpToDate(edited.path)).toEqual(stale);
    await using moved = await workspaceCopy(workspaceRoot);
    const text = existsSync(join(moved.path, document)) ? readFileSync(join(moved.path, document), 'utf8') : '{}\n';
    plant(moved.path, document, text.replaceAll('"description": "', '"description": "Canary: '));
    expect(await sdkSourcesUpToDate(moved.path)).toEqual(stale);
  });
});

describe('the migrations', () => {
  test('hold everything that the schema says', async () => {
    expect(await migrationsUpToDate(workspaceRoot)).toEqual([]);
  });

  test('canary: a table that no migration creates is reported', async () => {
    await using copy = await workspaceCopy(workspaceRoot);
    amend(
      copy.path,
      'packages/store-sqlite/src/schema/log.ts',
      "import { integer as canaryInteger, sqliteTable as canaryTable } from 'drizzle-orm/sqlite-core';\n" +
        "export const canary = canaryTable('canary', { song: canaryInteger('song') });\n",
    );
    const problems = await migrationsUpToDate(copy.path);
    expect(problems).toContainEqual(expect.stringMatching(/\.sql would be written by drizzle-kit generate/));
  });
});

test('canary: what does not exist yet is reported, not passed over', async () => {
  await using empty = await fixture({ 'package.json': '{}' });
  const problems = [
    ...(await openApiUpToDate(empty.path)),
    ...(await sdkSourcesUpToDate(empty.path)),
    ...(await migrationsUpToDate(empty.path)),
  ];
  expect(problems).toEqual([
    expect.stringContaining('apps/api/scripts/openapi.ts does not exist'),
    expect.stringContaining('packages/sdk/scripts/generate.ts does not exist'),
    expect.stringContaining('packages/store-sqlite/drizzle.config.ts does not exist'),
  ]);
});
