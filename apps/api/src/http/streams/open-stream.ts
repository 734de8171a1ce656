/** Opening a stream: everything that can be refused is refused before the first byte, and the position is fixed by then. */
import { invalidCursor } from '@turnlog/core/cursors';
import type { EventFilter } from '@turnlog/core/event-filter';
import type { LogStream } from '@turnlog/core/store';
import type { Tail, TailStart } from '@turnlog/core/tails';
import type { Caller } from '../credentials.ts';
import { type PresentRefusal, refusalOf } from '../dialect.ts';
import type { Answer, Exchange } from '../exchange.ts';
import { SENT } from '../operations.ts';
import type { Services } from '../services.ts';
import { EventStream } from './event-stream.ts';
import { type Frames, NATIVE_FRAMES } from './frames.ts';
import { hold } from './hold.ts';

export interface StreamRequest {
  readonly caller: Caller;
  readonly stream: LogStream;
  readonly start: TailStart;
  readonly filter: EventFilter | null;
  /** How clients name the position before the first event. */
  readonly origin: string;
  /** Where the cursor came from, for its refusal. */
  readonly cursorParam: string;
  /** How a dialect shows events; absent: as they are stored. */
  readonly frames?: Frames;
}

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  /** Proxies that buffer would hold events back. */
  'x-accel-buffering': 'no',
} as const;

/** Opens the stream on the socket; HEAD gets its head alone. */
export async function openStream(
  services: Services,
  present: PresentRefusal,
  exchange: Exchange,
  request: StreamRequest,
): Promise<Answer | typeof SENT> {
  const { caller, stream, start, filter, origin, frames = NATIVE_FRAMES } = request;
  const tail = await services.tails.open(caller.org, stream, start, filter);
  if (tail === null) throw invalidCursor(request.cursorParam);
  if (exchange.method === 'HEAD') {
    tail.close();
    return { status: 200, body: null, headers: HEADERS };
  }
  try {
    const { incoming, outgoing } = exchange;
    if (outgoing === undefined) throw new Error('A stream needs a socket.');
    if (outgoing.destroyed) return gone(tail);
    const { streams, log } = services;
    const asked = { requestId: exchange.requestId, method: exchange.method, path: exchange.path }; // and no more of it
    const presentText = (error: unknown) => String(refusalOf(asked, present, log, error).body);
    const opened = new EventStream(outgoing, { tail, limits: streams.limits, origin, frames, present: presentText });
    const leave = hold(services, exchange, caller, opened);
    incoming?.resume(); // a body that nobody asked for
    opened.open(exchange.headersOf(HEADERS), leave);
    return SENT;
  } catch (error) {
    tail.close();
    throw error;
  }
}

/** The client has left while its stream was being opened: nobody would say so again. */
function gone(tail: Tail): typeof SENT {
  tail.close();
  return SENT;
}
