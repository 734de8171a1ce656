/** The readers of the rounds themselves: what is torn, out of order, twice or gone is seen as that. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSse } from '../support/sse.ts';
import { ask } from './client.ts';
import { FrameReader } from './frames.ts';
import { judge, Truth } from './judge.ts';
import { elementsOf, readAll, type Shown, shownOf } from './pages.ts';
import { Random } from './random.ts';
import { ServerProcess, TOKEN } from './server-process.ts';

const seed = Number(process.env['TURNLOG_SEED'] ?? Math.floor(Math.random() * 0xffff_ffff));
const texts = ['A', 'B', 'C', 'D'].map(
  (letter) => `{"id":"evt_${letter.repeat(26)}","type":"agent.note","text":"é漢🧵 \\"]}\\\\","exact":[1.0,{}]}`,
);
const log: readonly Shown[] = texts.map(shownOf);
/** Batches of so many events of 200 KB: together more than the sockets of a stalled stream can hold. */
const LARGE_BATCHES = 7;
const LARGE_BATCH = 15;

test('a stream that is cut at any byte shows whole events alone, and the rest once it resumes', () => {
  const random = new Random(seed);
  const whole = Buffer.from(`retry: 700\n\nid: sess_1\n\n${log.map(frameOf).join(': heartbeat\n\n')}`);
  for (let cut = 0; cut <= whole.length; cut++) {
    const first = inPieces(whole.subarray(0, cut), random);
    expect(first, `TURNLOG_SEED=${seed}, cut at ${cut}`).toEqual(log.slice(0, first.length));
    const rest = inPieces(Buffer.from(`id: x\n\n${log.slice(first.length).map(frameOf).join('')}`), random);
    expect([...first, ...rest], `TURNLOG_SEED=${seed}, cut at ${cut}`).toEqual(log);
  }
});

test.each([
  ['a line in the middle of its data', frameOf(log[0]!).replace('漢', '\n')],
  ['half of its data', `${frameOf(log[0]!).slice(0, 90)}\n\n`],
  ['two ids', `id: ${log[1]!.id}\n${frameOf(log[0]!)}`],
  ["another event's id", frameOf(log[0]!).replaceAll(`id: ${log[0]!.id}`, `id: ${log[1]!.id}`)],
  ["another event's type", frameOf(log[0]!).replace('event: agent.note', 'event: agent.other')],
  ['an end of the stream that was never due', 'data: [DONE]\n\n'],
])('a frame with %s is not taken for one', (_, frame) => {
  expect(() => new FrameReader().take(Buffer.from(frame))).toThrow();
});

test.each<[string, readonly Shown[], RegExp]>([
  ['out of order', [log[0]!, log[2]!, log[1]!, log[3]!], /C.* 1 events were skipped|was shown again, or too late/],
  ['twice', [log[0]!, log[1]!, log[1]!, log[2]!, log[3]!], /evt_B+ was shown again/],
  ['not at all', [log[0]!, log[2]!, log[3]!], /1 events were skipped, from evt_B+ on/],
  [
    'in other bytes',
    [log[0]!, log[1]!, { ...log[2]!, text: '{"id":"other"}' }, log[3]!],
    /was shown as \{"id":"other"\}/,
  ],
  ['not yet', [log[0]!, log[1]!], /stuck at evt_B+, missing 2 from evt_C+ on/],
  ['though it is not in the log', [...log, { id: 'evt_E', text: '{}' }], /evt_E was shown before a crash and is gone/],
])('an event that is shown %s is a violation', (_, seen, expected) => {
  expect(verdict(log).violations).toEqual([]);
  expect(verdict(seen).violations.join('\n')).toMatch(expected);
});

test('the texts of a list are told apart whatever stands in them', () => {
  expect(elementsOf(`{"data":[${texts.join(',')}],"has_more":false}`)).toEqual(texts);
  expect(elementsOf('{"data":[],"has_more":false}')).toEqual([]);
  expect(() => elementsOf('{"data":[{"id":"evt_')).toThrow();
});

test('a frame that SIGKILL cuts in the middle is dropped by its reader, and read whole from the next server', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'turnlog-torn-'));
  const file = join(folder, 'turnlog.db');
  const killed = await ServerProcess.start(file);
  await appendLarge(killed.url);
  const path = '/v1/sessions/large/events';
  const stalled = await openSse(`${killed.url}${path}/stream?from=start`, { token: TOKEN });
  await stalled.until(({ text }) => text.includes('event: '));
  stalled.stall();
  await untilBlocked(killed.url);
  await killed.kill();
  stalled.read();
  expect(await stalled.ended).toBe('cut');
  const frames = new FrameReader();
  const first = eventsIn(frames, Buffer.from(stalled.text));
  expect(frames.tornBytes).toBeGreaterThan(0);

  const restarted = await ServerProcess.start(file);
  const truth = await readAll(restarted.url, path, null);
  expect(first.length).toBeLessThan(truth.length);
  expect(first).toEqual(truth.slice(0, first.length));
  const rest = await readUntil(`${restarted.url}${path}/stream`, first.at(-1)?.id ?? 'none', truth.at(-1)?.id);
  expect([...first, ...rest]).toEqual(truth);
  await restarted.kill();
  rmSync(folder, { recursive: true });
});

function frameOf({ id, text }: Shown): string {
  return `id: ${id}\nevent: agent.note\ndata: ${text}\n\n`;
}

/** What a reader shows of bytes that come in pieces of random lengths. */
function inPieces(bytes: Buffer, random: Random): Shown[] {
  const frames = new FrameReader();
  const shown: Shown[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = random.whole(1, 200);
    shown.push(...eventsIn(frames, bytes.subarray(at, at + length)));
    at += length;
  }
  return shown;
}

function eventsIn(frames: FrameReader, bytes: Buffer): Shown[] {
  return frames.take(bytes).flatMap((frame) => (frame.kind === 'event' ? [frame.event] : []));
}

function verdict(shown: readonly Shown[]) {
  const seen = shown.map((event) => ({ ...event, crashes: 0 }));
  const reader = { name: 'a reader', seen, problem: null, begin: null, position: shown.at(-1)?.id ?? null };
  return judge(reader, new Truth(log), 1);
}

/** A stream writes at least one slice between two answers, so by then it has written all that its socket takes. */
async function untilBlocked(url: string): Promise<void> {
  for (let answers = 0; answers < LARGE_BATCHES * LARGE_BATCH; answers++) {
    expect((await ask(url, { path: '/v1/sessions/large' }))?.status).toBe(200);
  }
}

async function appendLarge(url: string): Promise<void> {
  await ask(url, { method: 'POST', path: '/v1/sessions', body: '{"external_id":"large"}' });
  const event = { type: 'note.large', text: 'é'.repeat(100_000) };
  for (let batch = 0; batch < LARGE_BATCHES; batch++) {
    const body = JSON.stringify({ events: Array.from({ length: LARGE_BATCH }, () => event) });
    const reply = await ask(url, { method: 'POST', path: '/v1/sessions/large/events', body });
    expect(reply?.status).toBe(200);
  }
}

/** Resumes a stream, and reads on to an event. */
function readUntil(url: string, lastId: string, endId: string | undefined): Promise<Shown[]> {
  return new Promise((resolve, reject) => {
    const frames = new FrameReader();
    const shown: Shown[] = [];
    const headers = { Authorization: `Bearer ${TOKEN}`, 'Last-Event-ID': lastId };
    const asked = request(url, { agent: false, headers }, (response) => {
      response.on('data', (chunk: Buffer) => {
        shown.push(...eventsIn(frames, chunk));
        if (shown.at(-1)?.id !== endId) return;
        resolve(shown);
        asked.destroy();
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}
