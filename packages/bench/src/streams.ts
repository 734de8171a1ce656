/**
 * What streams cost: resident memory of an idle one, and the CPU of one event to a thousand of them, against a bare
 * `node:http` server that writes the same frame to as many sockets, in alternating rounds of one run.
 * `pnpm -C packages/bench streams`.
 */
import { compareFanOut, compareIdle, writeToAll } from './fan-out.ts';
import { MeasuredServer } from './measured-server.ts';
import { MESSAGE, Turnlog } from './turnlog.ts';

const BARE = new URL('./bare-stream-server.ts', import.meta.url);
const TAILS = 1_000;

const turnlog = await Turnlog.start({ STREAMS_PER_TOKEN: '10000' });
const bare = await MeasuredServer.start(BARE, {});
const session = await turnlog.newSession();
const { headers } = turnlog;
const ours = { name: 'turnlog', server: turnlog.server, url: `${turnlog.events(session)}/stream`, headers };
const theirs = { name: 'node:http', server: bare, url: bare.url, headers: {} };

await compareIdle('stream', [ours, theirs]);
const frame = await oneFrame();
await compareFanOut({
  ours: { measured: ours, send: () => turnlog.append(session, MESSAGE) },
  theirs: { measured: theirs, send: () => writeToAll(bare.url, frame) },
  count: TAILS,
  headline: `one event (a frame of ${frame.length} bytes) to ${TAILS} tails`,
  peerSends: 'the same frame',
});
await turnlog.stop();
await bare.stop();

/** The frame that a stream sends for the event. */
async function oneFrame(): Promise<string> {
  const text = await turnlog.append(session, MESSAGE);
  const { id } = JSON.parse(text) as { id: string };
  return `id: ${id}\nevent: ${MESSAGE.type}\ndata: ${text}\n\n`;
}
