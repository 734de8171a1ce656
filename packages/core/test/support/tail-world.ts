/**
 * Followers of an org's log, in a world in which everything that can happen in another order does: a run takes all its
 * steps (commits, wake-ups, snapshots and answers of reads, what readers do) in an order drawn from its seed.
 */
import type { EventFilter } from '../../src/event-filter.ts';
import type { EventId, SessionId } from '../../src/ids.ts';
import type { LogStream } from '../../src/store.ts';
import type { TailStart } from '../../src/tails.ts';
import type { Wakeups } from '../../src/wakeups.ts';
import { Dice } from './dice.ts';
import { Follower, type FollowerContext, type FollowerPlan } from './follower.ts';
import { type Fate, type LogState, type NewRow, TailLog } from './tail-log.ts';
import { TailStage } from './tail-stage.ts';

const AGENTS = ['alpha', 'beta', 'beta'];
const TYPES = ['user.message', 'agent.message', 'note.added'];
const TYPE_FILTERS = [['user.message'], ['*.message'], ['note.*', 'user.*']];
const LAG_BYTES = 60;

/** What is planted in a world that must go wrong. */
export interface Fault {
  readonly wakeups?: (wakeups: Wakeups, world: TailWorld) => Wakeups;
  readonly snapshot?: (world: TailWorld) => LogState;
  readonly resumeAt?: (position: EventId | null, stream: LogStream, world: TailWorld) => EventId | null;
}

/** Lives through one world; answers what went wrong in it. */
export async function violationsOf(seed: number, fault: Fault = {}): Promise<readonly string[]> {
  const world = new TailWorld(seed, fault);
  await world.live();
  return world.violations;
}

export class TailWorld {
  readonly dice: Dice;
  readonly log: TailLog;
  readonly stage: TailStage;
  readonly followers: Follower[] = [];
  readonly violations: string[] = [];
  readonly #failure = new Error('The disk did not answer.');
  /** What happens in this world: most have only some troubles. */
  readonly #troubles;
  /** What its followers follow. */
  readonly #streams: readonly LogStream[];
  #pendingWakes: Set<SessionId>[] = [];

  constructor(seed: number, fault: Fault) {
    const dice = new Dice(seed);
    this.dice = dice;
    this.#troubles = {
      failures: dice.pick([0, 0, 0, 0.03]),
      lostWakes: dice.pick([0, 0, 0, 0.3]),
      endings: dice.pick([0, 0.05, 0.2]),
      fullness: dice.pick([0, 0.3, 0.7]),
      bound: dice.pick([1, 2, 4, 9]),
    };
    this.log = new TailLog(seed, AGENTS);
    this.#streams = dice.pick([
      ['feed'],
      [this.log.session(0)],
      [this.log.session(0), 'feed'],
      [...this.log.sessions, 'feed'],
    ]);
    const { snapshot, wakeups } = fault;
    this.stage = new TailStage(this.log, {
      lagBytes: LAG_BYTES,
      bound: () => 1 + dice.below(this.#troubles.bound),
      failure: () => (dice.chance(this.#troubles.failures) ? this.#failure : null),
      snapshot: () => snapshot?.(this) ?? this.log.now,
      wakeups: (inner) => wakeups?.(inner, this) ?? inner,
    });
    for (let n = dice.below(6); n > 0; n--) this.#change();
    for (let n = 2 + dice.below(5); n > 0; n--) this.#follow(fault);
    for (let n = 1 + dice.below(2); n > 0; n--) this.#write(3 + dice.below(15), fault);
  }

  async live(): Promise<void> {
    try {
      await this.stage.steps.shuffle(this.dice);
      for (const follower of this.followers) follower.checkAtRest();
    } catch (error) {
      this.violations.push(String(error));
    }
  }

  /** A writer that commits one thing after another; now and then somebody comes to follow. */
  #write(commits: number, fault: Fault): void {
    if (commits === 0) return;
    this.stage.steps.add('commit', () => {
      this.#wakeLater(this.#change());
      if (this.dice.chance(0.1)) this.#follow(fault);
      this.#write(commits - 1, fault);
    });
  }

  #follow({ resumeAt }: Fault): void {
    const { dice } = this;
    const stream = dice.pick(this.#streams);
    const context: FollowerContext = {
      stage: this.stage,
      dice,
      lagBytes: LAG_BYTES,
      expectedFailure: this.#failure,
      resumeAt: (position) => (resumeAt === undefined ? position : resumeAt(position, stream, this)),
      report: (violation) => this.violations.push(violation),
    };
    const plan: FollowerPlan = {
      stream,
      filter: this.#filter(stream),
      start: this.#start(stream),
      fullness: this.#troubles.fullness,
      stalls: dice.chance(0.3),
      leaves: dice.pick([0, 0, 1, 3]),
      resumesBy: dice.pick(['position', 'event']),
    };
    this.followers.push(new Follower(plan, context));
  }

  #start(stream: LogStream): TailStart {
    const rows = this.log.visible(stream);
    const start = this.dice.pick(['start', 'now', 'after'] as const);
    if (start !== 'after') return start;
    return rows.length === 0 ? 'start' : { after: this.dice.pick(rows).id };
  }

  #filter(stream: LogStream): EventFilter | null {
    const { dice, log } = this;
    if (dice.chance(0.4)) return null;
    const types = stream === 'feed' ? dice.pick([null, ...TYPE_FILTERS]) : dice.pick(TYPE_FILTERS);
    if (stream !== 'feed') return { types, session: null, agentId: null };
    return {
      types,
      session: dice.pick([null, null, 'none', ...log.sessions]),
      agentId: dice.pick([null, null, 'beta']),
    };
  }

  /** Commits something; answers who is to be woken. */
  #change(): readonly SessionId[] {
    const { dice, log } = this;
    const session = dice.chance(0.5) ? log.session(0) : dice.pick(log.sessions);
    const fate = log.now.fates.get(session);
    if (fate === 'terminated' && dice.chance(0.4)) return log.commit(this.#rows(session), [[session, 'open']]);
    if (fate !== 'open' || dice.chance(0.15)) return log.commit([this.#row(null)]);
    const ending = dice.chance(this.#troubles.endings)
      ? dice.pick(['terminated', 'archived', 'deleted'] as const)
      : null;
    return ending === null ? log.commit(this.#rows(session)) : this.#end(session, ending);
  }

  /** As the plans of sessions have it: terminating stores an event, the other two only tell the account stream. */
  #end(session: SessionId, fate: Fate): readonly SessionId[] {
    const note = { session: null, type: `session.${fate}`, about: session };
    const rows = fate === 'terminated' ? this.#rows(session) : [];
    return this.log.commit([...rows, note], [[session, fate]]);
  }

  #rows(session: SessionId): readonly NewRow[] {
    const rows = Array.from({ length: 1 + this.dice.below(3) }, () => this.#row(session));
    return this.dice.chance(0.2) ? [...rows, { session: null, type: 'session.started', about: session }] : rows;
  }

  #row(session: SessionId | null): NewRow {
    return { session, type: this.dice.pick(TYPES), bytes: 1 + this.dice.below(20) };
  }

  /** A wake-up comes once, twice, together with another, or not at all before the bus has reconnected. */
  #wakeLater(sessions: readonly SessionId[]): void {
    const { dice, stage } = this;
    if (dice.chance(this.#troubles.lostWakes)) {
      stage.steps.add('wake-up', () => stage.reconnected());
      return;
    }
    const joined = dice.chance(0.2) ? this.#pendingWakes.at(-1) : undefined;
    for (const session of sessions) joined?.add(session);
    for (let n = joined === undefined ? dice.pick([1, 1, 1, 2]) : 0; n > 0; n--) {
      const wake = new Set(sessions);
      this.#pendingWakes.push(wake);
      stage.steps.add('wake-up', () => {
        this.#pendingWakes = this.#pendingWakes.filter((pending) => pending !== wake);
        stage.wake([...wake]);
      });
    }
  }
}
