import { ConnectionError, TurnlogError } from './errors.ts';
import type { StreamOptions } from './options.ts';
import { errorFromFrame } from './refusal.ts';
import { abortError } from './retry.ts';
import { type Frame, FrameDecoder } from './sse.ts';
import { parseJson, type Transport } from './transport.ts';

/** Where a stream begins: behind an event, or with the first; absent both, with what comes next. */
export interface StreamQuery {
  readonly after_id?: string | undefined;
  readonly from?: 'start' | undefined;
}

/** Which stream, and how. */
export interface Source {
  readonly transport: Transport;
  readonly path: readonly string[];
  readonly query: StreamQuery;
  readonly options: StreamOptions;
}

/** How far a stream has come. */
export interface Progress {
  /** Never beyond what was yielded. Undefined: no place is known yet. */
  lastEventId: string | undefined;
  /** Whether the server has said that there is no more. */
  ended: boolean;
}

/**
 * The events of a stream over all its connections, none lost and none twice; and undefined once per connection, as soon
 * as its place is known: from then on nothing is missed, whatever becomes of the connection. Returns when the server says
 * `[DONE]`. Throws what no reconnect can cure, a refusal above all, and when `signal` aborts. Reads on only when it is
 * asked for more, so that a slow reader slows the server down.
 *
 * Reconnects count in a row until an event comes, the place moves on, the connection has lasted, or the server parts by
 * saying when to come back; that it says so in the beginning proves nothing.
 */
export async function* follow<T>(
  { transport, path, query, options }: Source,
  progress: Progress,
  signal: AbortSignal,
): AsyncGenerator<T | undefined, void, undefined> {
  let wasOpen = false;
  let attempt = 0;
  let baseMs: number | undefined;
  for (;;) {
    const opening = wasOpen ? resuming(query, progress) : { query };
    try {
      const decoder = new FrameDecoder();
      let openedAtMs: number | undefined;
      let placed = false;
      for await (const bytes of transport.stream(path, { ...opening, options, signal, attempt })) {
        openedAtMs ??= performance.now();
        if (!wasOpen || performance.now() - openedAtMs >= lastingMs) attempt = 0;
        wasOpen = true;
        for (const frame of decoder.push(bytes)) {
          if (signal.aborted) throw abortError(signal);
          baseMs = frame.retry ?? baseMs;
          const event = eventOf(frame, transport);
          progress.ended = event === done;
          if (progress.ended) return;
          const place = frame.id || progress.lastEventId;
          const parting = placed && frame.retry !== undefined;
          if (event !== undefined || place !== progress.lastEventId || parting) attempt = 0;
          if (event === undefined) progress.lastEventId = place;
          if (!placed && place !== undefined) {
            placed = true;
            yield undefined;
          }
          if (event !== undefined) {
            progress.lastEventId = place;
            yield trusted<T>(event);
          }
        }
      }
      throw new ConnectionError('The stream broke off: the server did not say that it has ended.');
    } catch (error) {
      // However the connection was closed then, it was not lost.
      if (signal.aborted) throw abortError(signal);
      const maxRetries = wasOpen ? (options.maxReconnects ?? Number.POSITIVE_INFINITY) : options.maxRetries;
      const { query: sent } = opening;
      const failed = { method: 'GET', path, query: sent, attempt, maxRetries, signal, baseMs, patient: wasOpen };
      await transport.backOff(error, failed);
      attempt += 1;
    }
  }
}

/** A connection over which something still comes after this long was worth its while, though it brought no event. */
const lastingMs = 45_000;

const done = Symbol('[DONE]');

/** The event in a frame; undefined when it only says where the stream stands. Throws what the server reports. */
function eventOf({ id, event, data }: Frame, transport: Transport): unknown {
  if (data === undefined) return undefined;
  if (data === '[DONE]' && event === undefined) return done;
  // An event of the log may be of this type as well, but always has an id.
  if (event === 'error' && id === undefined) throw errorFromFrame(transport.redact(data));
  const value = parseJson(data);
  if (value !== undefined) return value;
  throw new TurnlogError('An event of the stream is not JSON.', { body: transport.redact(data) });
}

/** What the stream has reached takes the place of where it was told to begin. */
function resuming(query: StreamQuery, { lastEventId }: Progress) {
  const { after_id: _, from: __, ...filters } = query;
  return lastEventId === undefined ? { query } : { query: filters, lastEventId };
}

/** What the API sends is what its document says. */
const trusted = <T>(value: unknown): T => value as T;
