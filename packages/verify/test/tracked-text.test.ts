import { expect, test } from 'vitest';
import { trackedTextIsPortable } from '../src/tracked-text.ts';
import { workspaceRoot } from '../src/workspace.ts';
import { fixture } from './fixture.ts';

/** Put together here, so that this file does not name them. */
const slash = '/';
const registry = ['registry', 'npmjs', 'org'].join('.');

test('no tracked file names a path of one machine or a registry host', async () => {
  expect(await trackedTextIsPortable(workspaceRoot)).toEqual([]);
});

test('canary: each such name is reported, and what only looks like one is not', async () => {
  await using broken = await fixture({
    'work.md': `tweet\nsee ${slash}work${slash}main\n`,
    'root.json': `{ "cache": "${slash}root/.cache" }\n`,
    'home.sh': `cd ${slash}home${slash}canary\n`,
    'mac.sh': `cd ${slash}Users${slash}canary\n`,
    'host.yaml': `tarball: https:${slash}/${registry}/canary.tgz\n`,
    'bare.txt': `${registry}\n`,
    'mirror.txt': `https:${slash}/npm.canary.example/song\n`,
    'apps/api/src/utils.ts': 'export {};\n',
    'fine.md': `https://www.npmjs.com/package/canary packages/work/root.ts https://canary.example${slash}home/x ./root/x\n`,
  });
  const problems = await trackedTextIsPortable(broken.path);
  expect([...problems].map((each) => each.split(' names ')[0]).sort()).toEqual([
    'apps/api/src/utils.ts has a name that does not say what it holds',
    'bare.txt:1',
    'home.sh:1',
    'host.yaml:1',
    'host.yaml:1',
    'mac.sh:1',
    'mirror.txt:1',
    'root.json:1',
    'work.md:2',
  ]);
});
