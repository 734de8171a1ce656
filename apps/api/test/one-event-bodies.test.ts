/** A body that holds one event is judged by its size before it is taken apart: what cannot fit is not read member by member. */
import { limits } from '@turnlog/core/limits';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, openHarness } from './harness.ts';

let h: Harness;
const places: Record<string, { readonly path: string; readonly event: (payload: string) => string }> = {};

beforeAll(async () => {
  h = await openHarness();
  const workflow = await h.ask('POST', '/api/v2/sessions', { body: {} });
  const wave = await h.ask('POST', '/api/sessions');
  await h.ask('POST', '/sessions', { body: { session_id: 's', session_name: 'S' } });
  const runtime = (payload: string) =>
    `{"event_type":"note","session_id":"s","session_name":"S","timestamp":"2026-01-31T09:30:00Z","tool_input":${payload}}`;
  Object.assign(places, {
    workflow: {
      path: `/api/v2/sessions/${workflow.json.id}/events`,
      event: (payload: string) => `{"event_type":"note","event_data":${payload}}`,
    },
    platform: { path: '/api/v1/events', event: (payload: string) => `{"type":"note","data":${payload}}` },
    wave: {
      path: `/api/sessions/${wave.json.token}/events`,
      event: (payload: string) => `{"type":"note","data":${payload}}`,
    },
    runtime: { path: '/sessions/s/events', event: runtime },
    'the older runtime path': { path: '/events', event: runtime },
  });
});

afterAll(() => h.close());

const members = `{${Array.from({ length: 9 }, (_, n) => `"k${n}":${n}`).join(',')}}`;
/** Tiny members, as many as a body can hold. */
const crowded = `{"list":[${Array.from({ length: 50_000 }, () => members).join(',')}]}`;

describe.each(['workflow', 'platform', 'wave', 'runtime', 'the older runtime path'])('an event sent to %s', (name) => {
  it('that cannot fit, however its body is put together, is a 400 that says how large one may be', async () => {
    const { path, event } = places[name] as (typeof places)[string];
    const before = await h.stored();
    for (const body of [
      event(crowded),
      event(`{"text":"${'x'.repeat(2 * limits.eventBytes)}"}`),
      crowded.slice(0, -9),
    ]) {
      const reply = await h.ask('POST', path, { body });
      expect([reply.status, reply.text], reply.text).toEqual([400, expect.stringContaining('262144')]);
    }
    expect(await h.stored()).toBe(before);
  });

  it('with white space around it may fill a body', async () => {
    const { path, event } = places[name] as (typeof places)[string];
    const body = ` ${event('{"small":true}')}${'\n\t \r'.repeat(900_000)}`;
    expect(Math.floor((await h.ask('POST', path, { body })).status / 100)).toBe(2);
  });
});
