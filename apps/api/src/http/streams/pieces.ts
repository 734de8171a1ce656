/**
 * A JSON answer that is written piece by piece, for lists without an end in sight: never more than one piece waits for a
 * client that reads slowly, and one that takes nothing for too long is cut. An answer of one piece is an ordinary one.
 */
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { limits } from '@turnlog/core/limits';
import { Turnstile } from '@turnlog/core/tails/turnstile';
import type { Answer, Exchange } from '../exchange.ts';
import { SENT } from '../operations.ts';
import type { Services } from '../services.ts';

/** However many lists are read at once, other work waits for a few of their reads at most. */
const reads = new Turnstile(limits.historyReadsPerTurn, nextTurn);

/** A list as an answer: its texts stand between head and tail, joined by commas. */
export interface ListInPieces {
  /** `{"events":[` */
  readonly head: string;
  /** `]}` */
  readonly tail: string;
  /**
   * Texts of records, a bounded number at a time, perhaps none, so that other work gets its turn; what it throws before its
   * first text is a refusal.
   */
  readonly texts: AsyncIterable<readonly string[]>;
}

export async function answerInPieces(
  { streams, log }: Pick<Services, 'streams' | 'log'>,
  exchange: Exchange,
  list: ListInPieces,
): Promise<Answer | typeof SENT> {
  const pieces = piecesOf(list);
  const first = await pieces.next();
  const { outgoing } = exchange;
  if (exchange.method === 'HEAD') {
    await pieces.return(undefined);
    return { status: 200, body: '' };
  }
  const second = await pieces.next();
  if (second.done === true) return { status: 200, body: Buffer.from(first.value ?? '') };
  if (outgoing === undefined) return { status: 200, body: await gathered(pieces, [first.value ?? '', second.value]) };
  exchange.incoming?.resume(); // a body that nobody asked for
  outgoing.writeHead(200, exchange.headersOf({ 'content-type': 'application/json' }));
  try {
    let takes = write(outgoing, (first.value ?? '') + second.value);
    for await (const piece of pieces) {
      const goesOn = takes || (await drained(outgoing, streams.limits.lagMs));
      if (outgoing.destroyed) return SENT;
      if (!goesOn) {
        log.debug({ request_id: exchange.requestId }, 'an answer was cut short: its client stopped reading');
        outgoing.destroy();
        return SENT;
      }
      takes = write(outgoing, piece);
    }
    outgoing.end();
  } catch (error) {
    log.warn({ request_id: exchange.requestId, err: error }, 'an answer was cut short');
    outgoing.destroy(); // its client must not take what it has for the whole
  }
  return SENT;
}

/** The answer's text: at least one piece, and the tail with the last. */
async function* piecesOf({ head, tail, texts }: ListInPieces): AsyncGenerator<string, undefined> {
  let waiting = head;
  let isFirst = true;
  let taken = 0;
  for await (const some of texts) {
    if (some.length > 0) {
      if (!isFirst) yield waiting;
      waiting = `${isFirst ? waiting : ','}${some.join(',')}`;
      isFirst = false;
    }
    if (++taken > 1) await reads.pass(); // most lists end with their first piece
  }
  yield waiting + tail;
  return undefined;
}

async function gathered(pieces: AsyncIterable<string>, begun: readonly string[]): Promise<Uint8Array> {
  const all = [...begun];
  for await (const piece of pieces) all.push(piece);
  return Buffer.from(all.join(''));
}

/** Bytes: Node writes strings beyond Latin-1 many times slower. */
function write(outgoing: ServerResponse, piece: string): boolean {
  return outgoing.write(Buffer.from(piece));
}

/** Whether the client takes more; false: it has taken nothing for so long, or has left. */
function drained(outgoing: ServerResponse, lagMs: number): Promise<boolean> {
  if (outgoing.destroyed || !outgoing.writableNeedDrain) return Promise.resolve(!outgoing.destroyed);
  return new Promise((resolve) => {
    const settle = (takes: boolean) => {
      clearTimeout(timer);
      outgoing.off('drain', onDrain).off('close', onClose);
      resolve(takes);
    };
    const onDrain = () => settle(true);
    const onClose = () => settle(false);
    const timer = setTimeout(onClose, lagMs);
    outgoing.once('drain', onDrain).once('close', onClose);
  });
}
