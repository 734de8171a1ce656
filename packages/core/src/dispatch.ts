/**
 * Delivering the log to webhooks and replays: at least once, in order where asked, however often the process dies (I9).
 * A webhook is a tail with a durable cursor, owned through a lease with a fencing token.
 */
import type { NowMicros } from './clock.ts';
import type { Courier } from './courier.ts';
import type { Directory } from './directory.ts';
import { Alarm } from './dispatch/alarm.ts';
import { OrgLanes, type OrgLanesOptions } from './dispatch/org-lanes.ts';
import { Slots } from './dispatch/slots.ts';
import type { OrgId, RandomBytes } from './ids.ts';
import type { WriteLetter } from './letters.ts';
import { limits } from './limits.ts';
import type { Store } from './store.ts';
import { Turnstile } from './tails/turnstile.ts';
import { Tails } from './tails.ts';
import type { Wakeups } from './wakeups.ts';

export interface DispatcherOptions {
  readonly store: Store;
  readonly directory: Pick<Directory, 'orgsWithLanes'>;
  readonly wakeups: Wakeups;
  readonly courier: Courier;
  readonly writeLetter: WriteLetter;
  readonly nowUs: NowMicros;
  readonly random: RandomBytes;
  /** Calls back after so many milliseconds, unless what it answers is called before. */
  readonly after: (milliseconds: number, call: () => void) => () => void;
  /** Resolves in the next turn of the event loop. */
  readonly nextTurn: () => Promise<void>;
  /** The waits before each attempt at a webhook; see `nextAttemptUs`. */
  readonly retrySeconds: readonly number[];
  /** Told of what went wrong inside; deliveries go on. */
  readonly onFault: (error: unknown) => void;
  /** Attempts at a time in this process; absent: `limits.deliveriesPerProcess`. */
  readonly slots?: number;
  /** Waiting rows beyond which a webhook takes no new events; absent: `limits.retryRows`. */
  readonly retryRows?: number;
}

const OWNER_BYTES = 16;
/** Orgs whose lanes are claimed at a time when many are looked at. */
const ORGS_AT_ONCE = 32;
/** How often orgs are looked for whose lanes lost their owner. */
const SEARCH_US = (limits.leaseSeconds * 1_000_000) / 3;

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #lanes: Omit<OrgLanesOptions, 'onEmpty'>;
  readonly #orgs = new Map<OrgId, OrgLanes>();
  readonly #search: Alarm;
  #stopListening: (() => void) | null = null;
  #searching: Promise<void> | null = null;
  #stopping = false;

  constructor(options: DispatcherOptions) {
    this.#options = { ...options, onFault: silently(options.onFault) };
    const { store, wakeups, nextTurn, random, slots = limits.deliveriesPerProcess } = options;
    this.#lanes = {
      options: this.#options,
      slots: new Slots(slots, nextTurn),
      tails: new Tails({ store, wakeups, nextTurn, lagBytes: Number.POSITIVE_INFINITY }),
      history: new Turnstile(limits.historyReadsPerTurn, nextTurn),
      retryRows: options.retryRows ?? limits.retryRows,
      owner: Array.from(random(OWNER_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join(''),
    };
    this.#search = new Alarm(this.#options, () => void this.#find(false));
  }

  /** Takes the lanes that wait for an owner, and goes on doing so. */
  async start(): Promise<void> {
    this.#stopListening = this.#options.wakeups.listen({
      woken: () => {},
      lanesChanged: (org) => void this.#of(org)?.look(true),
      sessionsDeleted: (org, sessions) => this.#orgs.get(org)?.sessionsDeleted(new Set(sessions)),
      reconnected: () => void this.#find(true),
    });
    await this.#find(false);
  }

  /** Begins no more attempts, waits for those under way, records them, and lets go of its lanes. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stopListening?.();
    this.#search.clear();
    await Promise.all([this.#searching, ...[...this.#orgs.values()].map((org) => org.stop())]);
    this.#search.clear();
    this.#lanes.tails.close();
  }

  #of(org: OrgId): OrgLanes | null {
    if (this.#stopping) return null;
    let lanes = this.#orgs.get(org);
    if (lanes === undefined) {
      lanes = new OrgLanes(org, { ...this.#lanes, onEmpty: () => this.#orgs.delete(org) });
      this.#orgs.set(org, lanes);
    }
    return lanes;
  }

  /** Looks at orgs that have lanes and that we do not know; `all`: and at those that we do. */
  async #find(all: boolean): Promise<void> {
    const before = this.#searching;
    this.#searching = (async () => {
      await before;
      await this.#lookAtOrgs(all);
    })();
    await this.#searching;
  }

  async #lookAtOrgs(all: boolean): Promise<void> {
    try {
      const found = new Set(await this.#options.directory.orgsWithLanes());
      const known = [...this.#orgs.keys()];
      const orgs = all ? [...new Set([...known, ...found])] : [...found].filter((org) => !this.#orgs.has(org));
      for (let at = 0; at < orgs.length && !this.#stopping; at += ORGS_AT_ONCE) {
        await Promise.all(orgs.slice(at, at + ORGS_AT_ONCE).map((org) => this.#of(org)?.look(all)));
      }
    } catch (error) {
      this.#options.onFault(error);
    }
    if (!this.#stopping) this.#search.set(this.#options.nowUs() + SEARCH_US);
  }
}

/** Listeners that fail are not listened to. */
function silently(onFault: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    try {
      onFault(error);
    } catch {
      // There is nobody left to tell.
    }
  };
}
