import { AbortError, ConnectionError, type TurnlogError } from './errors.ts';

const firstDelayMs = 500;
const maxDelayMs = 8_000;
/** A server that asks for more is not waited for: the error comes at once, with its `retryAfter`. */
const maxRetryAfterMs = 60_000;

/** The longest that a timer can hold; beyond it, timers end at once. */
const maxTimerMs = 2 ** 31 - 1;

/** How the delays of a stream differ from those of a request. */
export interface Backoff {
  /** The server's own measure for the first delay. */
  readonly baseMs?: number | undefined;
  /** Whether to wait for as long as the server asks. */
  readonly patient?: boolean | undefined;
}

/** A failed attempt: which of how many, and how long to wait for the next. */
export interface FailedAttempt extends Backoff {
  readonly method: string;
  readonly path: readonly string[];
  readonly query: object | undefined;
  readonly attempt: number;
  /** Undefined: as many as the client allows. */
  readonly maxRetries: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Milliseconds before the next attempt, or undefined when another attempt cannot help. The server has the last word
 * (`x-should-retry`, `retry-after`); else lost connections, timeouts, 408, 429 and 5xx are tried again, with full jitter.
 */
export function retryDelayMs(error: TurnlogError, attempt: number, backoff: Backoff = {}): number | undefined {
  const { headers, retryAfter, status = 0 } = error;
  const told = headers?.get('x-should-retry');
  const worthwhile = error instanceof ConnectionError || status === 408 || status === 429 || status >= 500;
  if (told === 'false' || (told !== 'true' && !worthwhile)) return undefined;
  if (retryAfter === undefined) return Math.random() * longestDelayMs(attempt, backoff.baseMs);
  return backoff.patient || retryAfter * 1000 <= maxRetryAfterMs ? retryAfter * 1000 : undefined;
}

/** The server's measure counts for the first delay whatever it is, and can only lengthen the later ones. */
function longestDelayMs(attempt: number, baseMs = firstDelayMs): number {
  const base = Math.min(baseMs, maxRetryAfterMs);
  if (attempt === 0) return base;
  return Math.max(base, Math.min(maxDelayMs, Math.max(base, firstDelayMs) * 2 ** attempt));
}

/**
 * Runs `work` until it settles, `timeoutMs` pass or `signal` aborts, whichever is first, even when `work` does not look
 * at the signal it is given. Timer and listener are gone when this settles. The timer holds the process while it waits,
 * as a call that somebody awaits should; without a limit (`Infinity`) there is none.
 */
export async function bounded<T>(
  timeoutMs: number,
  onTimeout: () => TurnlogError,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw abortError(signal);
  const controller = new AbortController();
  let stop: (error: unknown) => void = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = (error) => {
      reject(error);
      controller.abort(error);
    };
  });
  const onAbort = (): void => stop(abortError(signal));
  const timer =
    timeoutMs === Number.POSITIVE_INFINITY
      ? undefined
      : setTimeout(() => stop(onTimeout()), Math.min(timeoutMs, maxTimerMs));
  signal?.addEventListener('abort', onAbort);
  try {
    return await Promise.race([stopped, work(controller.signal)]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Ends after `delayMs`, or as soon as `signal` aborts. */
export function sleep(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, Math.min(delayMs, maxTimerMs));
    signal?.addEventListener('abort', end);
  });
}

export const abortError = (signal: AbortSignal | undefined): AbortError =>
  new AbortError('The caller ended it: its signal aborted, or it was closed.', { cause: signal?.reason });
