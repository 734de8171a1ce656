/**
 * The lanes of one org that this process owns: claimed and renewed through a lease, opened and closed as they change. A
 * lane that ended because of a fault begins again after a pause, from what the store has.
 */
import type { OrgId, SessionId } from '../ids.ts';
import { limits } from '../limits.ts';
import type { Lane, LaneId } from '../webhook-store.ts';
import { Alarm, pauseMs } from './alarm.ts';
import type { LaneContext, LaneEnd, RunningLane } from './context.ts';
import { ReplayLane } from './replay-lane.ts';
import { WebhookLane } from './webhook-lane.ts';

export interface OrgLanesOptions extends Omit<LaneContext, 'org' | 'owns'> {
  /** Who claims. */
  readonly owner: string;
  /** The org has no lanes for us. */
  readonly onEmpty: () => void;
}

interface Served {
  readonly lane: RunningLane;
  /** Differs when the lane is to begin anew. */
  readonly revision: string;
  readonly openedUs: number;
}

interface Paused {
  readonly alarm: Alarm;
  readonly untilUs: number;
}

const LEASE_US = limits.leaseSeconds * 1_000_000;
/** A claim holds other writers up, the longer the more lanes there are: in the long run this is its part of the time. */
const PART_OF_TIME = 1 / 4;
/** How far ahead of its part it may be, so that what changes now and then takes effect at once; and the longest rest. */
const AHEAD_US = 5_000_000;
const LONGEST_REST_US = 5_000_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A lane that has run for so long has got over its earlier faults. */
const SETTLED_US = 5 * 60 * 1_000_000;

export class OrgLanes {
  readonly #options: OrgLanesOptions;
  readonly #context: LaneContext;
  readonly #served = new Map<LaneId, Served>();
  readonly #paused = new Map<LaneId, Paused>();
  readonly #faults = new Map<LaneId, number>();
  readonly #renewal: Alarm;
  #leaseUs = Number.NEGATIVE_INFINITY;
  /** When the time that claims took has become their part of it. */
  #evenUs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #looking: Promise<void> | null = null;
  #again = false;
  #changed = false;
  #stopping = false;
  #idle: (() => void) | null = null;

  constructor(org: OrgId, options: OrgLanesOptions) {
    this.#options = options;
    this.#context = { ...options, org, owns: () => this.#owns() };
    this.#renewal = new Alarm(options.options, () => void this.look(false));
  }

  /** Claims what there is to serve, and keeps what we have; `changed`: somebody may have asked for a delivery. */
  async look(changed: boolean): Promise<void> {
    this.#changed ||= changed;
    this.#again = true;
    if (this.#stopping) return;
    this.#looking ??= this.#look();
    await this.#looking;
  }

  sessionsDeleted(sessions: ReadonlySet<SessionId>): void {
    for (const { lane } of this.#served.values()) lane.sessionsDeleted(sessions);
  }

  /** Ends every lane and lets go of it. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#renewal.clear();
    for (const { alarm } of this.#paused.values()) alarm.clear();
    await this.#looking;
    this.#renewal.clear();
    for (const { lane } of this.#served.values()) lane.close();
    if (this.#served.size > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    const { org, options } = this.#context;
    await options.store.releaseLanes(org, this.#options.owner).catch(options.onFault);
  }

  /** A lease that ended before its timer rang, because the machine stood still, is claimed again at once. */
  #owns(): boolean {
    if (this.#context.options.nowUs() < this.#leaseUs) return true;
    if (this.#failures === 0 && this.#looking === null) void this.look(false);
    return false;
  }

  async #look(): Promise<void> {
    await Promise.resolve();
    while (this.#again && !this.#stopping) {
      const nowUs = this.#context.options.nowUs();
      // A rest longer than the longest is of a clock that went back.
      if (this.#evenUs - AHEAD_US > nowUs + LONGEST_REST_US) this.#evenUs = nowUs;
      if (this.#evenUs - AHEAD_US > nowUs) {
        this.#renewal.set(this.#evenUs - AHEAD_US);
        break;
      }
      this.#again = false;
      await this.#claim();
    }
    this.#looking = null;
  }

  async #claim(): Promise<void> {
    const { org, options } = this.#context;
    const changed = this.#changed;
    this.#changed = false;
    const begunUs = options.nowUs();
    const untilUs = begunUs + LEASE_US;
    this.#renewal.clear();
    try {
      const lanes = await options.store.claimLanes(org, { owner: this.#options.owner, untilUs });
      this.#leaseUs = untilUs;
      this.#failures = 0;
      const nowUs = options.nowUs();
      const evenUs = Math.max(this.#evenUs, begunUs) + (nowUs - begunUs) / PART_OF_TIME;
      this.#evenUs = Math.min(evenUs, nowUs + AHEAD_US + LONGEST_REST_US);
      this.#renewal.set(untilUs - (2 * LEASE_US) / 3);
      if (!this.#stopping) this.#serve(lanes, changed);
    } catch (error) {
      options.onFault(error);
      this.#changed ||= changed;
      this.#failures++;
      const pause = pauseMs(this.#failures, FIRST_PAUSE_MS, (limits.leaseSeconds * 1000) / 3);
      this.#renewal.set(options.nowUs() + pause * 1000);
    }
  }

  /** Serves these lanes as they are now, and no others. */
  #serve(lanes: readonly Lane[], changed: boolean): void {
    const claimed = new Set(lanes.map(({ id }) => id));
    for (const lane of lanes) {
      const served = this.#served.get(lane.id);
      if (served === undefined) this.#begin(lane);
      else if (served.revision === revisionOf(lane)) served.lane.renewed(changed);
      else served.lane.close();
    }
    for (const [id, { lane }] of this.#served) if (!claimed.has(id)) lane.close();
    for (const [id, { alarm }] of this.#paused) {
      if (claimed.has(id)) continue;
      alarm.clear();
      this.#paused.delete(id);
    }
    for (const id of this.#faults.keys()) if (!claimed.has(id)) this.#faults.delete(id);
    if (lanes.length > 0 || this.#served.size > 0 || this.#again) return;
    this.#renewal.clear();
    this.#options.onEmpty();
  }

  #begin(lane: Lane): void {
    const nowUs = this.#context.options.nowUs();
    if (nowUs < (this.#paused.get(lane.id)?.untilUs ?? nowUs)) return;
    const onEnd = (end: LaneEnd) => this.#ended(lane.id, end);
    const opened =
      lane.kind === 'webhook'
        ? new WebhookLane(this.#context, lane, onEnd)
        : new ReplayLane(this.#context, lane, onEnd);
    this.#served.set(lane.id, { lane: opened, revision: revisionOf(lane), openedUs: nowUs });
    void opened.open();
  }

  #ended(id: LaneId, end: LaneEnd): void {
    const openedUs = this.#served.get(id)?.openedUs ?? 0;
    this.#served.delete(id);
    if (this.#stopping) {
      if (this.#served.size === 0) this.#idle?.();
      return;
    }
    if (end === 'over') {
      this.#faults.delete(id);
      void this.look(false);
      return;
    }
    this.#pause(id, openedUs);
  }

  #pause(id: LaneId, openedUs: number): void {
    const { options } = this.#context;
    const nowUs = options.nowUs();
    const faults = (nowUs - openedUs > SETTLED_US ? 0 : (this.#faults.get(id) ?? 0)) + 1;
    this.#faults.set(id, faults);
    const untilUs = nowUs + pauseMs(faults, FIRST_PAUSE_MS, LONGEST_PAUSE_MS) * 1000;
    const alarm = new Alarm(options, () => {
      if (options.nowUs() < untilUs) {
        alarm.set(untilUs);
        return;
      }
      this.#paused.delete(id);
      void this.look(false);
    });
    alarm.set(untilUs);
    this.#paused.set(id, { alarm, untilUs });
  }
}

/** A replay begins anew also when the webhook that it goes to is gone. */
function revisionOf(lane: Lane): string {
  return `${lane.fence} ${lane.revision} ${lane.kind === 'replay' && lane.webhook === null}`;
}
