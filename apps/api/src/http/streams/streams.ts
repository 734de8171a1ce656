/**
 * What is held open: streams and held polls. Each has a slot of its token and of the process, and is looked at once a
 * second or so: for its age, its lag and its next heartbeat, without a timer of its own. A token that is revoked, rotated
 * away or expired takes what it has opened along.
 */
import { TurnlogError } from '@turnlog/core/errors';
import type { TokenId } from '@turnlog/core/ids';
import type { Principal } from '@turnlog/core/tokens';
import type { Caller } from '../credentials.ts';

/** Bounds on what is held open; times in milliseconds. */
export interface StreamLimits {
  readonly perToken: number;
  readonly perProcess: number;
  /** A stream ends at this age, give or take a fifth, and its client resumes. */
  readonly maxAgeMs: number;
  readonly heartbeatMs: number;
  readonly lagMs: number;
}

/** Something held open. */
export interface Held {
  /** Looks after itself; `nowMs` is on the process's own clock. */
  look(nowMs: number): void;
  /** Its token does not count any more. */
  revoke(): void;
  /** The server is stopping. */
  drain(): void;
}

/** Whose something held open is, and for how long. */
export type Holder = Pick<Caller, 'holder' | 'secretHash' | 'expiresUs'>;

/** Gives a slot back; calling twice is calling once. */
export type Leave = () => void;

/** The place of something held open. */
export interface Slot {
  readonly held: Held;
  /** Null: nothing that could be revoked has let it in. */
  readonly secretHash: string | null;
  expiresUs: number | null;
  readonly leave: Leave;
}

const LONGEST_LOOK_MS = 1_000;
/** Looks within the shortest of the times that they keep. */
const LOOKS = 4;

export class Streams {
  readonly limits: StreamLimits;
  readonly #nowUs: () => number;
  /** By whose they are: a token's, mostly. */
  readonly #byHolder = new Map<string, Set<Slot>>();
  readonly #looking: NodeJS.Timeout;
  #count = 0;
  #draining = false;

  constructor(limits: StreamLimits, nowUs: () => number) {
    this.limits = limits;
    this.#nowUs = nowUs;
    const shortestMs = Math.min(limits.heartbeatMs, limits.lagMs, limits.maxAgeMs) / LOOKS;
    this.#looking = setInterval(() => this.#look(), Math.min(LONGEST_LOOK_MS, shortestMs));
    this.#looking.unref();
  }

  get size(): number {
    return this.#count;
  }

  /** Takes a slot. Throws `too_many_streams`, `streams_exhausted` or `shutting_down`. */
  enter({ holder, secretHash, expiresUs }: Holder, held: Held): Slot {
    const slots = this.#byHolder.get(holder) ?? new Set();
    this.#checkRoom(slots.size);
    const leave = () => {
      if (!slots.delete(slot)) return;
      this.#count--;
      if (slots.size === 0 && this.#byHolder.get(holder) === slots) this.#byHolder.delete(holder);
    };
    const slot: Slot = { held, secretHash, expiresUs, leave };
    this.#byHolder.set(holder, slots.add(slot));
    this.#count++;
    return slot;
  }

  /** Ends what a token has opened with secrets that do not count any more; `recheck` tells what a secret stands for now. */
  async recheck(tokenId: TokenId, recheck: (secretHash: string) => Promise<Principal | null>): Promise<void> {
    const slots = [...(this.#byHolder.get(tokenId) ?? [])];
    for (const secretHash of new Set(slots.map((slot) => slot.secretHash))) {
      if (secretHash === null) continue;
      const principal = await recheck(secretHash);
      for (const slot of slots) if (slot.secretHash === secretHash) judge(slot, principal);
    }
  }

  /** Ends everything, so that clients connect again elsewhere or later; nothing is let in any more. */
  drain(): void {
    this.#draining = true;
    clearInterval(this.#looking);
    for (const { held } of this.#all()) held.drain();
  }

  #checkRoom(ofToken: number): void {
    const { perToken, perProcess } = this.limits;
    if (this.#draining) throw new TurnlogError('shutting_down', 'The server is stopping: try again in a moment.');
    if (ofToken >= perToken) {
      const sentence = `This token holds ${perToken} streams, sockets and held polls, which is as many as it may: close one first.`;
      throw new TurnlogError('too_many_streams', sentence);
    }
    if (this.#count >= perProcess) {
      const sentence = `The server holds ${perProcess} streams, sockets and held polls, which is as many as it may: try again later.`;
      throw new TurnlogError('streams_exhausted', sentence);
    }
  }

  #look(): void {
    const nowMs = performance.now();
    const nowUs = this.#nowUs();
    for (const { held, expiresUs } of this.#all()) {
      if (expiresUs !== null && expiresUs <= nowUs) held.revoke();
      held.look(nowMs); // also at what has been ended: its last bytes may be stuck
    }
  }

  #all(): Slot[] {
    return [...this.#byHolder.values()].flatMap((slots) => [...slots]);
  }
}

/** What a slot's secret stands for now decides how long it is held; null: no longer. */
export function judge(slot: Slot, principal: Principal | null): void {
  if (principal === null) slot.held.revoke();
  else slot.expiresUs = principal.expiresUs;
}
