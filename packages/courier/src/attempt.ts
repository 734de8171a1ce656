/** One request under way, from its call to its receipt. */
import type { Receipt } from '@turnlog/core/courier';
import { limits } from '@turnlog/core/limits';
import type { Dispatcher } from 'undici';
import { type Failure, failureOf } from './failures.ts';
import { retryAfterSeconds } from './retry-after.ts';

export interface AttemptOptions {
  readonly timeoutMs: number;
  readonly nowMs: () => number;
  readonly settle: (receipt: Receipt) => void;
}

const ENOUGH = new Error('What is left of this answer is not needed.');
const encoder = new TextEncoder();

/** Hears of a request from undici and ends it in time, whatever comes. */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly #options: AttemptOptions;
  readonly #startedMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #kept: Buffer[] = [];
  #readBytes = 0;
  #controller: Dispatcher.DispatchController | null = null;
  #statusCode: number | null = null;
  #retryAfter: string | string[] | undefined;
  #over = false;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#timer = setTimeout(() => this.#end(this.#lateness()), options.timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(ENOUGH);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (statusCode < 200) return;
    this.#statusCode = statusCode;
    this.#retryAfter = headers['retry-after'];
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const room = limits.answerKeptBytes - this.#readBytes;
    if (room > 0) this.#kept.push(Buffer.from(chunk.subarray(0, room)));
    this.#readBytes += chunk.length;
    if (this.#readBytes > limits.answerBytes) this.#end(verdictOn(this.#statusCode));
  }

  onResponseEnd(): void {
    this.#controller = null;
    this.#end(verdictOn(this.#statusCode));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#controller = null;
    this.#end(failureOf(error));
  }

  #lateness(): Failure {
    return this.#controller === null ? 'Connection timeout' : 'Answer timed out';
  }

  #end(error: string | null): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#controller?.abort(ENOUGH);
    const { settle, nowMs } = this.#options;
    const receipt = {
      statusCode: this.#statusCode,
      durationMs: Math.round(performance.now() - this.#startedMs),
      error,
      excerpt: this.#readBytes === 0 ? null : excerptOf(Buffer.concat(this.#kept), this.#readBytes),
      retryAfterSeconds: error === null ? null : retryAfterSeconds(this.#retryAfter, nowMs()),
    };
    // Undici frees the connection at the end of this turn, once it is done with the answer; then the next one may have it.
    queueMicrotask(() => setImmediate(settle, receipt));
  }
}

/** Null: a success. */
function verdictOn(statusCode: number | null): string | null {
  if (statusCode !== null && statusCode >= 200 && statusCode < 300) return null;
  if (statusCode !== null && statusCode >= 300 && statusCode < 400) return 'Redirect not followed' satisfies Failure;
  return `HTTP ${statusCode}`;
}

/** Bytes that are no text become U+FFFD; a character that the cut went through is left out. */
function excerptOf(kept: Buffer, readBytes: number): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(kept, { stream: readBytes > kept.length });
  if (Buffer.byteLength(text) <= limits.answerKeptBytes) return text;
  return text.slice(0, encoder.encodeInto(text, new Uint8Array(limits.answerKeptBytes)).read);
}
