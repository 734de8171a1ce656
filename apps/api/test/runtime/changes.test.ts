/** How a socket opens while others work and write, and what it is told of statuses that were decided long before. */
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { type Harness, type HarnessOptions, openHarness } from '../harness.ts';
import { openSocket } from '../support/sockets.ts';

let h: Harness;
let url: string;
afterEach(() => h.close());

async function start(options: HarnessOptions = {}): Promise<void> {
  h = await openHarness(options);
  ({ url } = await h.listen());
  await h.ask('POST', '/sessions', { body: { session_id: 's', session_name: 'S' } });
}

const append = (...events: readonly object[]) => h.ask('POST', '/v1/sessions/s/events', { body: { events } });
const status = async () => (await h.ask('GET', '/sessions/s/status')).json.status;
const MANY = 120;

it('a session that is made between the position of a socket and its look at the sessions comes once', async () => {
  let isFirst = true;
  await start(({ store }) => ({
    store: {
      ...store,
      listSessions: async (org, query) => {
        if (isFirst) await h.ask('POST', '/sessions', { body: { session_id: 'late', session_name: 'Late' } });
        isFirst = false;
        return store.listSessions(org, query);
      },
    },
  }));
  const socket = await openSocket(url, { token: h.org.token });
  await socket.until(({ changes }) => changes.length > 0);
  expect(socket.messages[0].sessions.map(({ session_id }: { session_id: string }) => session_id)).toEqual(['s']);
  expect(socket.changes).toMatchObject([{ type: 'session_created', session: { session_id: 'late' } }]);
});

it('a socket that opens with many sessions leaves turns of the loop to others', async () => {
  let turn = 0;
  const readIn: number[] = [];
  await start(({ store }) => ({
    store: {
      ...store,
      listSessions: (org, query) => {
        readIn.push(turn);
        return store.listSessions(org, query);
      },
    },
  }));
  for (let n = 0; n < MANY; n++) await h.ask('POST', '/sessions', { body: { session_id: `${n}`, session_name: '' } });
  let turning = setImmediate(function next() {
    turn++;
    turning = setImmediate(next);
  });
  onTestFinished(() => clearImmediate(turning));
  const socket = await openSocket(url, { token: h.org.token });
  expect((await socket.count(1))[0].sessions).toHaveLength(MANY + 1);
  expect(readIn.length).toBeGreaterThan(2);
  for (const read of readIn) expect(readIn.filter((other) => other === read).length).toBeLessThanOrEqual(2);
});

it('a status is told as it is after many events that have decided nothing', async () => {
  await start();
  await append({ type: 'session_stop', exit_code: 1 });
  await append(...Array.from({ length: MANY }, () => ({ type: 'session.status_idle' })));
  const socket = await openSocket(url, { token: h.org.token });
  await socket.count(1);
  await append({ type: 'session.status_idle', stop_reason: { type: 'requires_action' } });
  await socket.count(2);
  expect(await status()).toBe('finished');
  expect(socket.changes).toMatchObject([{ type: 'event', data: { event_type: 'session.status_idle' } }]);

  await append(...Array.from({ length: MANY }, () => ({ type: 'session.error', error: { type: 'x', message: 'x' } })));
  await socket.count(2 + MANY);
  await append({ type: 'session_start' });
  await socket.count(4 + MANY);
  expect(await status()).toBe('running');
  expect(socket.changes.slice(-2)).toMatchObject([
    { type: 'session_updated', session: { status: 'running' } },
    { type: 'event', data: { event_type: 'session_start' } },
  ]);
});
