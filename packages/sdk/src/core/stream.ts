/// <reference lib="esnext.disposable" preserve="true" />
import { TurnlogError } from './errors.ts';
import { follow, type Progress, type StreamQuery } from './follow.ts';
import type { StreamOptions } from './options.ts';
import { abortError } from './retry.ts';
import type { Transport } from './transport.ts';

export type { StreamQuery } from './follow.ts';
export type { StreamOptions } from './options.ts';

/**
 * Events as they come. A stream opens when it is first read, and by itself goes on over lost connections, restarts of the
 * server and times without a network: from the last event on, none lost and none twice.
 *
 * A loop over it ends when the server has said that there is no more ({@link EventStream.ended} is then true), when it is
 * left by `break`, or by `close()`; each closes the connection. A refusal, such as a `NotFoundError`, is thrown, also when
 * it meets a reconnect.
 */
export class EventStream<T> implements AsyncIterable<T> {
  readonly #progress: Progress;
  readonly #signal: AbortSignal | undefined;
  /** Aborts whatever is going on; aborted, in any case, once the stream is over. */
  readonly #stop = new AbortController();
  readonly #items: AsyncGenerator<T | undefined, void, undefined>;
  readonly #events: AsyncGenerator<T, void, undefined>;
  #opening: Promise<void> | undefined;
  #closed = false;
  #taken = false;

  constructor(transport: Transport, path: readonly string[], query: StreamQuery = {}, options: StreamOptions = {}) {
    this.#progress = { lastEventId: query.after_id, ended: false };
    this.#signal = options.signal;
    this.#items = follow({ transport, path, query, options }, this.#progress, this.#stop.signal);
    this.#events = this.#read();
  }

  /**
   * The place to go on from, as `after_id` of another stream: all events up to it have been handed over. Keep it after
   * each event that was dealt with. It also moves past events that the filters leave out. Undefined: none known yet.
   */
  get lastEventId(): string | undefined {
    return this.#progress.lastEventId;
  }

  /** Whether the server has said that there will never be more; false when a loop was left for any other reason. */
  get ended(): boolean {
    return this.#progress.ended;
  }

  /**
   * Opens the stream now rather than when it is first read; once it is open, this does nothing. What happens after the
   * promise is fulfilled is not missed, even if the connection is. Rejected with what the server refuses it for.
   */
  open(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** The next event, or `done`. */
  next(): Promise<IteratorResult<T, void>> {
    return this.#events.next();
  }

  /** What `break` calls: the same as {@link EventStream.close}. */
  async return(): Promise<IteratorResult<T, void>> {
    await this.close();
    return { done: true, value: undefined };
  }

  /** Ends the stream and closes its connection. Who waits for the next event is told that there is none. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stop.abort();
    await this.#items.return();
    await this.#events.return();
  }

  /** The stream itself, for one loop: a second one throws, since it would get what the first one misses. */
  [Symbol.asyncIterator](): this {
    if (this.#taken) throw new TurnlogError('A stream can be looped over once: open another, after its lastEventId.');
    this.#taken = true;
    return this;
  }

  /** The same as {@link EventStream.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(): Promise<void> {
    const stop = this.#stop;
    const signal = this.#signal;
    if (signal?.aborted) stop.abort(signal.reason);
    signal?.addEventListener('abort', () => stop.abort(signal.reason), { signal: stop.signal });
    // The first item says that the stream is open; there is none when it has ended at once, or was closed before.
    const { done } = await this.#items.next();
    if (done && !this.ended) throw abortError(stop.signal);
  }

  async *#read(): AsyncGenerator<T, void, undefined> {
    try {
      await this.open();
      for await (const item of this.#items) if (item !== undefined) yield item;
    } catch (error) {
      if (!this.#closed) throw error;
    } finally {
      this.#stop.abort();
    }
  }
}
