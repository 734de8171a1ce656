/**
 * What WebSockets cost: resident memory of an idle one, and the CPU of one event to a thousand of them, against a bare
 * server that writes the same text to as many, in alternating rounds of one run. `pnpm -C packages/bench sockets`.
 */
import { compareFanOut, compareIdle, writeToAll } from './fan-out.ts';
import { MeasuredServer } from './measured-server.ts';
import { MESSAGE, Turnlog } from './turnlog.ts';

const BARE = new URL('./bare-socket-server.ts', import.meta.url);
const SOCKETS = 1_000;
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

await compareIdle('socket', [ours, theirs]);
const text = await oneMessage();
await compareFanOut({
  ours: { measured: ours, send: () => turnlog.append(session, MESSAGE) },
  theirs: { measured: theirs, send: () => writeToAll(bare.url, text) },
  count: SOCKETS,
  headline: `one event (${text.length} bytes) to ${SOCKETS} sockets`,
  peerSends: 'the same text',
});
await turnlog.stop();
await bare.stop();

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
