/**
 * What WebSockets cost: resident memory of an idle one, and the CPU of one event to a thousand of them, against a bare
 * server that writes the same text to as many, in alternating rounds of one run. `pnpm -C packages/bench sockets`.
 */
import { MeasuredServer } from './measured-server.ts';
import { StreamReaders } from './stream-readers.ts';
import { MESSAGE, median, Turnlog } from './turnlog.ts';

const BARE = new URL('./bare-socket-server.ts', import.meta.url);
const IDLE = 2_000;
const SOCKETS = 1_000;
const ROUNDS = 7;
const EVENTS = 40;
const HANDSHAKE = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
/** Ends the message of an event, and no other one: the name of its session stands last. */
const EVENT_END = '"}}';

const turnlog = await Turnlog.start({ STREAMS_PER_TOKEN: '10000' });
const bare = await MeasuredServer.start(BARE, {});
const session = await turnlog.newSession();
const { authorization } = turnlog.headers;
const headers = { ...HANDSHAKE, authorization };
const ours = { name: 'turnlog', server: turnlog.server, url: `${turnlog.server.url}/ws`, headers, eventEnd: EVENT_END };
const theirs = { ...ours, name: 'bare', server: bare, url: bare.url };

console.log(`resident memory of an idle socket, at ${IDLE}, on a server that was just started:`);
for (const one of [ours, theirs]) console.log(`  ${one.name.padEnd(10)} ${await idleKib(one)} KiB`);
await fanOut();
await turnlog.stop();
await bare.stop();

async function idleKib(measured: typeof ours): Promise<string> {
  (await StreamReaders.open({ ...measured, count: 200 })).close();
  const before = await measured.server.residentBytes();
  const readers = await StreamReaders.open({ ...measured, count: IDLE });
  const after = await measured.server.residentBytes();
  readers.close();
  return ((after - before) / IDLE / 1024).toFixed(1);
}

async function fanOut(): Promise<void> {
  const text = await oneMessage();
  const mine = await StreamReaders.open({ ...ours, count: SOCKETS });
  const other = await StreamReaders.open({ ...theirs, count: SOCKETS });
  const rounds = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const my = await cpuPerEvent(turnlog.server, mine, () => turnlog.append(session, MESSAGE));
    const its = await cpuPerEvent(bare, other, () => write(text));
    if (round > 0) rounds.push({ my, its, ratio: my / its }); // the first one warms up
  }
  mine.close();
  other.close();
  console.log(`one event (${text.length} bytes) to ${SOCKETS} sockets; ${ROUNDS} rounds of ${EVENTS} events`);
  console.log('server CPU per event, median of the rounds:');
  console.log(`  turnlog    ${(median(rounds.map(({ my }) => my)) / 1000).toFixed(2)} ms, its append included`);
  console.log(`  bare       ${(median(rounds.map(({ its }) => its)) / 1000).toFixed(2)} ms, the same text`);
  console.log(`  ratio      ${median(rounds.map(({ ratio }) => ratio)).toFixed(2)}`);
}

async function cpuPerEvent(
  server: MeasuredServer,
  readers: StreamReaders,
  send: () => Promise<unknown>,
): Promise<number> {
  const before = await server.cpuMicros();
  for (let event = 0; event < EVENTS; event++) {
    const arrived = readers.frames(SOCKETS);
    await send();
    await arrived;
  }
  return ((await server.cpuMicros()) - before) / EVENTS;
}

/** The message that a socket sends for the event. */
async function oneMessage(): Promise<string> {
  const socket = new WebSocket(ours.url, ['turnlog', `turnlog.token.${tokenOf(authorization)}`]);
  const message = new Promise<string>((resolve) => {
    socket.onmessage = ({ data }) => {
      if (String(data).startsWith('{"type":"event"')) resolve(String(data));
      else void turnlog.append(session, MESSAGE);
    };
  });
  const text = await message;
  socket.close();
  return text;
}

function tokenOf(bearer: string): string {
  return Buffer.from(bearer.slice('Bearer '.length)).toString('base64url');
}

/** Has the bare server write a text to all its sockets. */
async function write(text: string): Promise<void> {
  await (await fetch(bare.url, { method: 'POST', body: text })).arrayBuffer();
}
