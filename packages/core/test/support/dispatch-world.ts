/** A random life of webhooks and of the processes that serve them, and what it has violated. */
import { TurnlogError } from '../../src/errors.ts';
import type { EventId, SessionId, WebhookId } from '../../src/ids.ts';
import { limits } from '../../src/limits.ts';
import type { CreateReplay } from '../../src/replays.ts';
import { orderingKey } from '../../src/webhooks.ts';
import { Dice } from './dice.ts';
import { type Arrival, DispatchStage, type Process } from './dispatch-stage.ts';
import { NOTE } from './lane-log.ts';

/** What is planted to see whether it is noticed. */
export type Fault = 'cursor ahead of its attempts' | 'no fence' | null;

const ACTIONS = 600;
const MINUTE_MS = 60_000;
/** So many attempts that an endpoint which fails now and then gets everything. */
const RETRY_SECONDS = [0, 5, 5, ...Array.from({ length: 20 }, () => 10)];
const URLS = { ordered: 'https://ordered.example', loose: 'https://loose.example' };
const REPLAY_URL = 'https://replay.example';

class DispatchWorld {
  readonly stage: DispatchStage;
  readonly #dice: Dice;
  readonly #sessions: readonly SessionId[];
  readonly #failing: number;
  #refusing: number;
  readonly #webhooks: readonly WebhookId[];
  readonly #processes: Process[];
  readonly #replayTarget: CreateReplay['target'];
  #replay: string | null = null;

  constructor(seed: number, fault: Fault = null) {
    const dice = new Dice(seed);
    this.#dice = dice;
    this.#failing = dice.pick([0, 0.05, 0.2, 0.5]);
    this.#refusing = dice.pick([0, 0, 0.05, 0.3]);
    const slow = dice.chance(0.5);
    this.stage = new DispatchStage(
      {
        answer: () => (dice.chance(this.#failing) ? dice.pick([500, 302, null]) : 200),
        latencyMs: () => (slow ? dice.below(3_000) : 0),
        dispatcher: { retrySeconds: RETRY_SECONDS, retryRows: dice.pick([2, 5, 1_000]) },
        refusal: () => (dice.chance(this.#refusing) ? new TurnlogError('overloaded', 'Not now.') : null),
        bound: () => dice.pick([1, 3, 10, 1_000]),
        tamper: (command) => {
          if (fault !== 'cursor ahead of its attempts') return command;
          return { ...command, position: this.stage.log.rows.at(-1)?.id ?? null };
        },
      },
      seed,
    );
    this.stage.log.ignoresFences = fault === 'no fence';
    this.#sessions = [0, 1, 2].map(() => this.stage.log.newSession());
    this.#webhooks = [
      this.stage.log.createWebhook({ url: URLS.ordered, ordering: 'session' }),
      this.stage.log.createWebhook({ url: URLS.loose }),
    ];
    const inOrder = { url: REPLAY_URL, ordering: 'session', events: ['never.*'] } as const;
    this.#replayTarget = dice.chance(0.5)
      ? { url: REPLAY_URL, sealedSecret: Uint8Array.of(1) }
      : { webhook: this.stage.log.createWebhook(inOrder) };
    this.#processes = [this.stage.begin()];
  }

  /** Lives, comes to rest, and answers what was violated. */
  async violations(): Promise<readonly string[]> {
    for (let n = 0; n < ACTIONS; n++) await this.#act();
    this.stage.answer = () => 200;
    this.#refusing = 0;
    for (const webhook of this.#webhooks) this.stage.log.enableWebhook(webhook, 'stopped');
    if (this.#replay !== null && this.stage.log.replay(this.#replay).status === 'paused') this.#moveReplay();
    for (const process of this.#processes.splice(0)) this.stage.kill(process, this.#dice);
    this.stage.log.endLeases();
    this.#processes.push(this.stage.begin());
    await this.stage.elapse(30 * MINUTE_MS);
    return [
      ...this.#missing(URLS.ordered),
      ...this.#missing(URLS.loose),
      ...this.#disordered(URLS.ordered, Number.POSITIVE_INFINITY),
      ...('webhook' in this.#replayTarget ? this.#disordered(REPLAY_URL, limits.replayRetrySeconds.length) : []),
      ...this.#unfinished(),
      ...this.#miscounted(),
    ];
  }

  async #act(): Promise<void> {
    const dice = this.#dice;
    let left = dice.below(1_000);
    for (const [weight, act] of this.#actions) {
      left -= weight;
      if (left >= 0) continue;
      act();
      return;
    }
    for (let n = dice.pick([1, 1, 5, 20]); n > 0; n--) await this.stage.takeAny(dice);
  }

  /** What may happen, in thousandths; else time goes on. */
  readonly #actions: readonly (readonly [number, () => void])[] = [
    [100, () => this.#append()],
    [12, () => this.#replaceProcess()],
    [4, () => this.#compete()],
    [4, () => this.stage.log.updateWebhook(this.#dice.pick(this.#webhooks), { description: 'another' })],
    [2, () => this.#disableForAWhile()],
    [1, () => this.stage.log.deleteSession(this.#dice.pick(this.#sessions))],
    [3, () => this.#resend()],
    [2, () => this.#beginReplay()],
    [8, () => this.#moveReplay()],
    [3, () => this.#dice.pick(this.#processes).listener?.reconnected()],
  ];

  #append(): void {
    const dice = this.#dice;
    const { log } = this.stage;
    const open = this.#sessions.filter((session) => !log.deleted.has(session));
    const type = dice.chance(0.8) ? NOTE : 'other.thing';
    const count = dice.pick([1, 1, 2, 8]);
    for (let n = 0; n < count; n++) {
      const session = dice.chance(0.8) && open.length > 0 ? dice.pick(open) : null;
      log.append(session, type, session === null && dice.chance(0.5) ? dice.pick(this.#sessions) : null);
    }
  }

  #replaceProcess(): void {
    const at = this.#dice.below(this.#processes.length);
    const process = this.#processes[at] as Process;
    if (this.#dice.chance(0.3)) {
      void process.dispatcher.stop();
      this.#processes[at] = this.stage.begin();
    } else this.#processes[at] = this.stage.restart(process, this.#dice);
  }

  /** Another process takes the lanes, and the first one does not know. */
  #compete(): void {
    this.stage.log.endLeases();
    if (this.#processes.length < 3) this.#processes.push(this.stage.begin());
  }

  #disableForAWhile(): void {
    const { log } = this.stage;
    const webhook = this.#dice.pick(this.#webhooks);
    if (log.webhook(webhook).disabled === null) log.disableWebhook(webhook);
    else log.enableWebhook(webhook, 'stopped');
  }

  #resend(): void {
    const { log, nowUs } = this.stage;
    const again = [...log.deliveries.values()].filter(
      ({ state, event, nextUs }) =>
        state !== 'pending' && (nextUs === null || nextUs > nowUs) && log.event(event) !== null,
    );
    const webhooks = this.#webhooks.filter((id) => log.webhook(id).disabled === null);
    const mine = again.filter(({ webhook }) => webhooks.includes(webhook));
    if (mine.length > 0) log.resend(this.#dice.pick(mine).id);
  }

  #beginReplay(): void {
    this.#replay ??= this.stage.log.createReplay(this.#replayTarget);
  }

  #moveReplay(): void {
    const id = this.#replay;
    if (id === null) return;
    const { status } = this.stage.log.replay(id);
    if (status === 'paused') this.stage.log.moveReplay(id, 'resume');
    else if (status === 'running' || status === 'queued') this.stage.log.moveReplay(id, 'pause');
  }

  /** Matching events that still exist and never reached an endpoint, or never with success though attempts are left. */
  #missing(url: string): readonly string[] {
    const { log, arrivals } = this.stage;
    const matching = log.visible().filter(({ type, id }) => type === NOTE && id > (log.rows[0]?.id ?? ''));
    const reached = new Set(arrivals.filter((arrival) => arrival.url === url).map(({ event }) => event));
    const succeeded = new Set(arrivals.filter((arrival) => isSuccess(arrival, url)).map(({ event }) => event));
    const failed = new Set(log.inState('failed').map(({ event }) => event));
    return matching.flatMap(({ id }) => {
      if (!reached.has(id)) return [`${id} never reached ${url}`];
      return succeeded.has(id) || failed.has(id) ? [] : [`${id} never reached ${url} with success`];
    });
  }

  /** Events of a session that reached an ordered endpoint before the one before them had, with success or so many times. */
  #disordered(url: string, triesUntilFailed: number): readonly string[] {
    const { log, arrivals } = this.stage;
    const mine = arrivals.filter((arrival) => arrival.url === url);
    const firstAt = new Map<EventId, number>();
    const overAt = new Map<EventId, number>();
    const tries = new Map<EventId, number>();
    for (const [at, arrival] of mine.entries()) {
      const { event } = arrival;
      tries.set(event, (tries.get(event) ?? 0) + 1);
      if (!firstAt.has(event)) firstAt.set(event, at);
      const isOver = isSuccess(arrival, url) || (tries.get(event) ?? 0) >= triesUntilFailed;
      if (isOver && !overAt.has(event)) overAt.set(event, at);
    }
    const failed = new Set(log.inState('failed').map(({ event }) => event));
    const violations: string[] = [];
    for (const session of this.#sessions) {
      const events = log.visible().filter((row) => row.type === NOTE && orderingKey(row) === session);
      for (const [n, { id }] of events.entries()) {
        const before = events[n - 1]?.id;
        if (before === undefined || failed.has(before)) continue;
        const at = firstAt.get(id);
        if (at !== undefined && (overAt.get(before) ?? mine.length) > at)
          violations.push(`${id} before ${before} at ${url}`);
      }
    }
    return violations;
  }

  /** What is left over once everything has come to rest. */
  #unfinished(): readonly string[] {
    const { log, faults, most } = this.stage;
    const enabled = [...log.webhooks.values()].filter(({ disabled }) => disabled === null);
    const blocks = enabled.flatMap(({ id }) => log.blocksOf(id)).map(({ session }) => `${session} is still held up`);
    const waiting = enabled.flatMap(({ id }) => log.waiting(id, 1_000).data).map(({ id }) => `${id} still waits`);
    const early = log.records.flatMap(({ unblocked, finished }) =>
      unblocked.filter((session) => finished.some((other) => other.session === session)),
    );
    const crowded = [...most].filter(([, count]) => count > limits.deliveriesPerEndpoint);
    return [
      ...blocks,
      ...waiting,
      ...faults
        .filter((fault) => !(fault instanceof TurnlogError && fault.code === 'overloaded'))
        .map((fault) => `fault: ${fault instanceof Error ? fault.stack : fault}`),
      ...early.map((session) => `${session} is let go of with what it holds up`),
      ...crowded.map(([url, count]) => `${count} attempts at ${url} at a time`),
    ];
  }

  #miscounted(): readonly string[] {
    if (this.#replay === null) return [];
    const { delivered, failed, total, status } = this.stage.log.replay(this.#replay);
    const violations = delivered + failed > total ? [`replay: ${delivered} + ${failed} of ${total}`] : [];
    if (status === 'paused') return violations;
    return status === 'completed' && delivered + failed === total
      ? violations
      : [...violations, `replay ${status}: ${delivered} + ${failed} of ${total}`];
  }
}

function isSuccess({ url, statusCode }: Arrival, wanted: string): boolean {
  return url === wanted && statusCode === 200;
}

export async function violationsOf(seed: number, fault: Fault = null): Promise<readonly string[]> {
  return new DispatchWorld(seed, fault).violations();
}
