/**
 * Crashes of a server that delivers: it is killed at random moments under load, left to settle, and all that reached its
 * endpoints is compared with the log (I9).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Bell } from './bell.ts';
import { CrashingServer } from './crashing-server.ts';
import type { Endpoint } from './endpoints.ts';
import { Random } from './random.ts';
import { ServerProcess } from './server-process.ts';
import { Visitor, written } from './visitor.ts';
import { CASTS, type Part, startEndpoint } from './webhook-cast.ts';
import { isMatch, judgeReplay, judgeWebhook, type LoggedEvent, type ReplayOutcome } from './webhook-judge.ts';
import {
  newestEvent,
  read,
  readDeliveries,
  readLog,
  readReplay,
  type TimedEvent,
  type WebhookState,
} from './webhook-log.ts';
import { Writer } from './writer.ts';

export interface WebhookRoundsOptions {
  readonly kills: number;
  readonly seed: number;
  /** `recovering`: without endpoints that never take anything. */
  readonly cast?: keyof typeof CASTS;
  /** Another server entry, with a fault planted into it. */
  readonly entry?: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** How long everything may take to come through, once nothing is written any more. */
  readonly settleMs?: number;
}

export interface WebhookReport {
  kills: number;
  /** Committed events that webhooks may be told of, and those of them that were deleted again. */
  events: number;
  erased: number;
  /** Requests that reached an endpoint; what came again though it had come through; deliveries that were given up. */
  arrivals: number;
  duplicates: number;
  givenUp: number;
  /** Requests at each endpoint. */
  readonly byEndpoint: Record<string, number>;
  readonly replays: ReplayOutcome[];
  replayed: number;
  replayedTwice: number;
  settledMs: number;
  readonly violations: string[];
}

const ENVIRONMENT = { WEBHOOK_ALLOW: '127.0.0.0/8', WEBHOOK_RETRY_SECONDS: '0,0,1,1,1,2,2,2,2,2' };
const SESSIONS = 8;
const MOST_BATCHES = 60;
/** Between the acknowledgement that makes a crash due and the crash, so that it meets any moment of a delivery. */
const LONGEST_DELAY_MS = 300;
const REPLAYS = 4;
/** Slow enough for a replay to be met by a crash. */
const REPLAYED_WITHIN_MS = 12;
const SETTLE_MS = 120_000;
const LOOK_EVERY_MS = 100;

export async function runWebhookRounds(options: WebhookRoundsOptions): Promise<WebhookReport> {
  const folder = mkdtempSync(join(tmpdir(), 'turnlog-webhooks-'));
  const environment = { ...ENVIRONMENT, ...options.environment };
  const server = new CrashingServer(() => ServerProcess.start(join(folder, 'turnlog.db'), options.entry, environment));
  const run = new Run(server, options);
  try {
    await run.begin();
    while (run.report.kills < options.kills) await run.round();
    await run.settle();
    await run.judge();
  } finally {
    await server.end();
    await run.end();
    rmSync(folder, { recursive: true });
  }
  return run.report;
}

/** A part that is played. */
interface Player extends Part {
  readonly endpoint: Endpoint;
  readonly webhook: string;
}

interface Replayed {
  readonly id: string;
  readonly endpoint: Endpoint;
  readonly types: readonly string[];
  /** Not included. */
  readonly until: string;
}

class Run {
  readonly report: WebhookReport;
  readonly #server: CrashingServer;
  readonly #options: WebhookRoundsOptions;
  readonly #random: Random;
  readonly #bell = new Bell();
  readonly #players: Player[] = [];
  readonly #bareEndpoints: Endpoint[] = [];
  readonly #replays: Replayed[] = [];
  readonly #writers: Writer[] = [];
  readonly #visitor: Visitor;
  /** The last event before the first webhook. */
  #head: string | null = null;
  /** Everything behind it, once nothing is written any more. */
  #log: readonly TimedEvent[] = [];

  constructor(server: CrashingServer, options: WebhookRoundsOptions) {
    const counts = { kills: 0, events: 0, erased: 0, arrivals: 0, duplicates: 0, givenUp: 0 };
    const lists = { byEndpoint: {}, replays: [], violations: [] };
    this.report = { ...counts, ...lists, replayed: 0, replayedTwice: 0, settledMs: 0 };
    this.#server = server;
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#visitor = new Visitor('visit', this.#fork());
  }

  async begin(): Promise<void> {
    for (const part of CASTS[this.#options.cast ?? 'all']) await this.#engage(part);
    this.#head = (await newestEvent(await this.#server.url()))?.id ?? null;
    for (let index = 0; index < SESSIONS; index++) {
      const created = await this.#post('/v1/sessions', { external_id: `s${index}` }, `session-${index}`);
      this.#writers.push(this.#writer(`w${index}`, created.id, `/v1/sessions/${created.id}/events`));
    }
    this.#writers.push(this.#writer('account', 'the account stream', '/v1/events'));
  }

  /** All write; some time after so many batches the server crashes under them. */
  async round(): Promise<void> {
    const { kills } = this.report;
    const every = Math.max(1, Math.floor(this.#options.kills / REPLAYS));
    if (kills % every === every - 1 && this.#replays.length < REPLAYS) await this.#replay();
    const batches = () => this.#writers.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
    const crashAfter = batches() + this.#random.whole(1, MOST_BATCHES);
    const delayMs = this.#random.whole(0, LONGEST_DELAY_MS);
    let phase: 'writing' | 'due' | 'crashed' = 'writing';
    const enough = () => {
      if (phase === 'writing' && batches() >= crashAfter) {
        phase = 'due';
        setTimeout(() => {
          phase = 'crashed';
          this.#server.crash();
        }, delayMs);
      }
      return phase === 'crashed';
    };
    const url = () => this.#server.url();
    await Promise.all([...this.#writers.map((writer) => writer.write(url, enough)), this.#visitor.visit(url, enough)]);
    this.report.kills++;
    this.report.violations.push(...this.#writers.flatMap(({ refusals }) => refusals.splice(0)));
  }

  /** Resolves when everything has come through to those who take it, or when the time is over. */
  async settle(): Promise<void> {
    const startMs = performance.now();
    const deadlineMs = startMs + (this.#options.settleMs ?? SETTLE_MS);
    this.#log = await readLog(await this.#server.url(), this.#head, { erased: this.#visitor.erased, platform: true });
    while (!(await this.#isSettled()) && performance.now() < deadlineMs) await delay(LOOK_EVERY_MS);
    this.report.settledMs = Math.round(performance.now() - startMs);
  }

  async judge(): Promise<void> {
    const { report } = this;
    const log = this.#log;
    const url = await this.#server.url();
    const due = log.filter(({ type }) => isMatch(type, ['*']));
    report.events = due.length;
    report.erased = due.filter(({ erased }) => erased).length;
    for (const player of this.#players) {
      const deliveries = await readDeliveries(url, player.webhook);
      report.givenUp += player.recovers ? deliveries.filter(({ state }) => state === 'failed').length : 0;
      const { arrivals } = player.endpoint;
      const verdict = judgeWebhook({ ...player, arrivals, deliveries }, inWordsOf(player, log), this.#server.outages);
      report.duplicates += verdict.duplicates;
      report.violations.push(...verdict.violations, ...player.endpoint.problems);
      this.#count(player.endpoint);
    }
    for (const endpoint of this.#bareEndpoints) this.#count(endpoint);
    await this.#judgeReplays(url, log);
    await this.#judgeGone(url);
  }

  async end(): Promise<void> {
    const endpoints = [...this.#players.map(({ endpoint }) => endpoint), ...this.#bareEndpoints];
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  }

  async #engage(part: Part): Promise<void> {
    const endpoint = await startEndpoint(part, this.#fork(), this.#bell);
    const path = part.dialect === 'cloud' ? '/v1/webhooks' : '/api/v1/webhooks';
    const { patterns: events, ordering, announce } = part;
    const { url, secret } = endpoint;
    const { id } = await this.#post(
      path,
      { url, secret, events, ordering, announce },
      `webhook-${this.#players.length}`,
    );
    this.#players.push({ ...part, endpoint, webhook: id });
  }

  /** In turn to a webhook, of some types, and to a URL of its own, of all. */
  async #replay(): Promise<void> {
    const name = `replay-${this.#replays.length}`;
    const until = (await newestEvent(await this.#server.url()))?.created_at ?? '';
    const range = { since: '2020-01-01T00:00:00Z', until };
    const [good] = this.#players;
    if (this.#replays.length % 2 === 0 && good !== undefined) {
      const types = ['agent.*', 'session.created'];
      const { id } = await this.#post('/v1/replays', { ...range, types, webhook_id: good.webhook }, name);
      this.#replays.push({ id, endpoint: good.endpoint, types, until });
    } else {
      const taking = { dialect: 'cloud', failsOnceIn: Number.POSITIVE_INFINITY, failures: [] } as const;
      const steady = { ...taking, name, withinMs: REPLAYED_WITHIN_MS };
      const endpoint = await startEndpoint(steady, this.#fork(), this.#bell);
      this.#bareEndpoints.push(endpoint);
      const { url: webhook_url, secret } = endpoint;
      const { id } = await this.#post('/v1/replays', { ...range, webhook_url, secret }, name);
      this.#replays.push({ id, endpoint, types: ['*'], until });
    }
  }

  async #isSettled(): Promise<boolean> {
    const url = await this.#server.url();
    for (const { recovers, webhook, patterns, endpoint } of this.#players) {
      if (!recovers) continue;
      const { lag } = await read<WebhookState>(url, `/v1/webhooks/${webhook}`);
      if (lag === null || lag.events > 0) return false;
      if ((await readDeliveries(url, webhook, 'retrying,pending')).length > 0) return false;
      const over = new Set(endpoint.arrivals.filter(({ succeeded }) => succeeded !== null).map(({ id }) => id));
      const isDue = ({ id, type, erased }: TimedEvent) => !erased && !over.has(id) && isMatch(type, patterns);
      const missing = this.#log.filter(isDue);
      const givenUp = missing.length === 0 ? [] : await readDeliveries(url, webhook, 'failed');
      if (missing.some(({ id }) => !givenUp.some(({ event }) => event === id))) return false;
    }
    for (const { id } of this.#replays) {
      const { status } = await readReplay(url, id);
      if (status === 'queued' || status === 'running') return false;
    }
    return true;
  }

  async #judgeReplays(url: string, log: readonly TimedEvent[]): Promise<void> {
    const { report } = this;
    for (const { id, endpoint, types, until } of this.#replays) {
      const outcome = await readReplay(url, id);
      const before = log.findLast(({ createdAt }) => createdAt !== null && createdAt < until)?.id ?? '';
      const inRange = log.filter((event) => event.id <= before && isMatch(event.type, types));
      const verdict = judgeReplay(outcome, endpoint.arrivals, inWordsOf({ dialect: 'cloud' }, inRange));
      report.replays.push(outcome);
      report.replayed += outcome.delivered;
      report.replayedTwice += verdict.duplicates;
      report.violations.push(...verdict.violations);
    }
    report.violations.push(...this.#bareEndpoints.flatMap(({ problems }) => problems));
  }

  /** An endpoint that answers 410 is left alone. */
  async #judgeGone(url: string): Promise<void> {
    for (const { failures, recovers, webhook, name } of this.#players) {
      if (recovers || failures[0] !== 'gone') continue;
      const { status, disabled_reason: reason } = await read<WebhookState>(url, `/v1/webhooks/${webhook}`);
      if (status !== 'disabled' || reason !== 'gone')
        this.report.violations.push(`${name}: it is ${status}, for the reason ${reason}`);
    }
  }

  #count({ name, arrivals }: Endpoint): void {
    this.report.arrivals += arrivals.length;
    this.report.byEndpoint[name] = arrivals.length;
  }

  async #post(path: string, body: object, key: string): Promise<{ readonly id: string }> {
    const reply = await written(() => this.#server.url(), path, JSON.stringify(body), key);
    return JSON.parse(reply.body) as { id: string };
  }

  #writer(name: string, session: string, path: string): Writer {
    return new Writer(name, session, path, this.#fork(), []);
  }

  #fork(): Random {
    return new Random(this.#random.whole(0, 0xffff_ffff));
  }
}

function inWordsOf({ dialect }: Pick<Part, 'dialect'>, log: readonly TimedEvent[]): LoggedEvent[] {
  return log.map(({ id, type, session, erased, digests }) => ({ id, type, session, erased, digest: digests[dialect] }));
}
