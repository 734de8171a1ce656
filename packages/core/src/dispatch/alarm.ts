/** One timer that is set to the earliest of what is to come. */
import type { NowMicros } from '../clock.ts';

/** Timers hold no more than 31 bits of milliseconds: what is further off is set again on the way. */
const LONGEST_MS = 2 ** 31 - 1;

export interface AlarmOptions {
  readonly nowUs: NowMicros;
  readonly after: (milliseconds: number, call: () => void) => () => void;
}

export class Alarm {
  readonly #options: AlarmOptions;
  readonly #ring: () => void;
  #us = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | null = null;

  /** `ring` may be called before its time, and then sets the alarm again. */
  constructor(options: AlarmOptions, ring: () => void) {
    this.#options = options;
    this.#ring = ring;
  }

  /** Rings at a microsecond of the clock, or before; null: not at all. */
  set(us: number | null): void {
    if (us === null) this.clear();
    else if (us < this.#us) this.#start(us);
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#us = Number.POSITIVE_INFINITY;
  }

  #start(us: number): void {
    this.clear();
    this.#us = us;
    const milliseconds = Math.ceil((us - this.#options.nowUs()) / 1000);
    this.#cancel = this.#options.after(Math.min(Math.max(milliseconds, 1), LONGEST_MS), () => {
      this.#cancel = null;
      this.#us = Number.POSITIVE_INFINITY;
      this.#ring();
    });
  }
}

/** Pauses that double from the first to the longest. */
export function pauseMs(failures: number, firstMs: number, longestMs: number): number {
  return Math.min(firstMs * 2 ** Math.min(Math.max(failures - 1, 0), 30), longestMs);
}
