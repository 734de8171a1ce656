import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type JsonNode, member, scanJson } from '@turnlog/core/json';
import { type EventInput, Turnlog } from '@turnlog/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ServerProcess, TOKEN } from './durability/server-process.ts';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const RECORDINGS = join(REPOSITORY, '..', 'shared', 'data', 'agent-sessions');
const PAGE_SIZES = [1, 7, 20, 100, 1000];
const BATCH = 500;
/** What the server adds to an event, or fills in when it is not sent. */
const SERVER_MEMBERS = new Set(['id', 'session_id', 'turn_id', 'schema_version', 'created_at', 'processed_at', 'seq']);

const folder = mkdtempSync(join(tmpdir(), 'turnlog-real-'));
let server: ServerProcess;
/** The text of every answer, as it came over the socket. */
let answers: string[] = [];
let client: Turnlog;

beforeAll(async () => {
  server = await ServerProcess.start(join(folder, 'turnlog.db'));
  client = new Turnlog({
    token: TOKEN,
    baseURL: server.url,
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      answers.push(await response.clone().text());
      return response;
    },
  });
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
  rmSync(folder, { recursive: true });
});

/** Sends a recording and answers the session, and each event's members as they were sent. */
async function importRecording(path: string): Promise<{ session: string; sent: string[] }> {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const events = lines.map((line) => JSON.parse(line) as EventInput);
  const { id } = await client.sessions.create({ title: path.split('/').at(-1) ?? '' });
  for (let start = 0; start < events.length; start += BATCH) {
    await client.sessions.events.send(id, { events: events.slice(start, start + BATCH) });
  }
  return { session: id, sent: events.map((event) => ownMembers(scanJson(JSON.stringify(event)))) };
}

/** The members of an event that its producer sent, as source text: the envelope's first, the others as they came. */
function ownMembers(event: JsonNode): string {
  const envelope = ['type', 'occurred_at'];
  const own = event.members.filter(({ name }) => !envelope.includes(name) && !SERVER_MEMBERS.has(name));
  return [...envelope.flatMap((name) => member(event, name) ?? []), ...own].map(({ text }) => text).join(',');
}

/** The events of the pages that came since the last call, in the order in which they came. */
function receivedEvents(): { id: string; own: string }[] {
  const pages = answers.map((text) => member(scanJson(text), 'data')?.value.items ?? []);
  answers = [];
  return pages.flat().map((event) => ({ id: member(event, 'id')?.value.text ?? '', own: ownMembers(event) }));
}

async function drained(list: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of list) count++;
  return count;
}

async function compare(path: string): Promise<void> {
  const { session, sent } = await importRecording(path);
  answers = [];
  for (const limit of PAGE_SIZES) {
    expect(await drained(client.sessions.events.list(session, { limit }))).toBe(sent.length);
    const forward = receivedEvents();
    expect(forward.map(({ own }) => own)).toEqual(sent);
    await drained(client.sessions.events.list(session, { limit, order: 'desc' }));
    expect(receivedEvents().reverse()).toEqual(forward);
    const last = JSON.parse(forward.at(-1)?.id ?? '') as string;
    const pages = [];
    for await (const page of client.sessions.events.list(session, { limit, before_id: last }).pages()) {
      pages.unshift(page.data.map(({ id }) => JSON.stringify(id)));
    }
    expect(pages.flat()).toEqual(forward.slice(0, -1).map(({ id }) => id));
    answers = [];
  }
}

describe('recorded agent sessions, through the SDK over a socket, forward and backward in five page sizes', () => {
  test('the session shipped with the project comes back as it was sent', () =>
    compare(join(REPOSITORY, 'examples', 'recorded-session.jsonl')));

  if (existsSync(RECORDINGS)) {
    test.each(readdirSync(RECORDINGS))('%s comes back as it was sent', (name) => compare(join(RECORDINGS, name)));
  } else {
    test('real sessions come back as they were sent', ({ skip }) => skip('../shared/data is not beside this clone'));
  }
});
