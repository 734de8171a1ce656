/** The pages of `docs/` that can be followed by hand, followed command by command on a fresh start. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DIALECTS } from '../src/dialects/prefixes.ts';
import { ServerProcess, TOKEN } from './durability/server-process.ts';
import { byKind, follow, freePort, matcherOf, placed, REPOSITORY, stepsOf } from './support/pages.ts';

const folder = mkdtempSync(join(tmpdir(), 'turnlog-pages-'));
afterAll(() => rmSync(folder, { recursive: true }));

const toolless = spawnSync('bash', ['-c', 'command -v curl']).status !== 0;
const PAGES = [...DIALECTS.map((name) => `dialects/${name}.md`), 'webhooks.md'];

describe.each(PAGES)('docs/%s', (name) => {
  it('shows what its commands do on a fresh start', async ({ skip, signal }) => {
    skip(toolless, 'needs bash and curl');
    const { steps, environment } = stepsOf(readFileSync(join(REPOSITORY, 'docs', name), 'utf8'));
    expect(steps.length).toBeGreaterThan(4);
    const server = await ServerProcess.start(join(folder, name, 'turnlog.db'), undefined, {
      ...environment,
      PORT: '0',
    });
    try {
      const address = server.url.replace('http://', '');
      const place = { address, endpointPort: await freePort(), token: TOKEN };
      const outputs = await follow(steps, place, signal);
      expect(outputs).toHaveLength(steps.length);
      for (const [index, { command, output }] of steps.entries()) {
        expect(byKind(outputs[index] ?? ''), command).toMatch(matcherOf(placed(output, place)));
      }
    } finally {
      await server.stop();
    }
  });
});
