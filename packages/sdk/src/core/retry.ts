import { AbortError, ConnectionError, type TurnlogError } from './errors.ts';

const firstDelayMs = 500;
const maxDelayMs = 8_000;
/** A server that asks for more is not waited for: the error comes at once, with its `retryAfter`. */
const maxRetryAfterMs = 60_000;

/**
 * Milliseconds before the next attempt, or undefined when another attempt cannot help. The server has the last word
 * (`x-should-retry`, `retry-after`); else lost connections, timeouts, 408, 429 and 5xx are tried again, with full jitter.
 */
export function retryDelayMs(error: TurnlogError, attempt: number): number | undefined {
  const { headers, retryAfter, status = 0 } = error;
  const told = headers?.get('x-should-retry');
  const worthwhile = error instanceof ConnectionError || status === 408 || status === 429 || status >= 500;
  if (told === 'false' || (told !== 'true' && !worthwhile)) return undefined;
  if (retryAfter === undefined) return Math.random() * Math.min(maxDelayMs, firstDelayMs * 2 ** attempt);
  return retryAfter * 1000 <= maxRetryAfterMs ? retryAfter * 1000 : undefined;
}

/**
 * Runs `work` until it settles, `timeoutMs` pass or `signal` aborts, whichever is first, even when `work` does not look
 * at the signal it is given. Timer and listener are gone when this settles. The timer holds the process while it waits,
 * as a call that somebody awaits should.
 */
export async function bounded<T>(
  timeoutMs: number,
  onTimeout: () => TurnlogError,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let stop: (error: unknown) => void = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = (error) => {
      reject(error);
      controller.abort(error);
    };
  });
  const onAbort = (): void => stop(abortError(signal));
  const timer = setTimeout(() => stop(onTimeout()), Math.min(timeoutMs, 2 ** 31 - 1));
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
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    signal?.addEventListener('abort', end);
  });
}

export const abortError = (signal: AbortSignal | undefined): AbortError =>
  new AbortError('The caller aborted the request.', { cause: signal?.reason });
