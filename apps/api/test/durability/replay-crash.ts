/** A long replay whose server is killed in the middle of it, with live deliveries beside it all the time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Bell } from './bell.ts';
import { ask } from './client.ts';
import { CrashingServer } from './crashing-server.ts';
import type { Endpoint } from './endpoints.ts';
import { elementsOf, shownOf } from './pages.ts';
import { Random } from './random.ts';
import { ServerProcess } from './server-process.ts';
import { written } from './visitor.ts';
import { startEndpoint } from './webhook-cast.ts';
import { judgeReplay, judgeWebhook, type LoggedEvent, type ReplayOutcome } from './webhook-judge.ts';
import { newestEvent, read, readLog, readReplay, type WebhookState } from './webhook-log.ts';

export interface ReplayCrashOptions {
  /** Events that are replayed. */
  readonly events: number;
  readonly seed: number;
  /** Live events a second, and how many of them before the replay begins. */
  readonly liveRate: number;
  readonly liveBefore: number;
  /** How long the replay may take. */
  readonly settleMs: number;
}

/** Live deliveries: from the request that appends an event to its arrival at the endpoint. */
export interface Pace {
  readonly events: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface ReplayCrashReport {
  readonly replay: ReplayOutcome;
  /** From the request to the end, the crash included. */
  readonly replayMs: number;
  /** Replayed again though it had come through. */
  readonly duplicates: number;
  readonly live: { readonly before: Pace; readonly beside: Pace; readonly besideAfterCrash: Pace };
  readonly violations: readonly string[];
}

const BATCH = 500;
const SESSIONS = 4;
const LOOK_EVERY_MS = 100;
const TYPE = 'agent.note';
const TEXT = 'x'.repeat(200);
const OVER: ReadonlySet<string> = new Set(['completed', 'failed', 'canceled', 'paused']);

export async function runReplayCrash(options: ReplayCrashOptions): Promise<ReplayCrashReport> {
  const folder = mkdtempSync(join(tmpdir(), 'turnlog-replay-'));
  const environment = { WEBHOOK_ALLOW: '127.0.0.0/8' };
  const server = new CrashingServer(() => ServerProcess.start(join(folder, 'turnlog.db'), undefined, environment));
  const bell = new Bell();
  const random = new Random(options.seed);
  const steady = { dialect: 'cloud', failsOnceIn: Number.POSITIVE_INFINITY, failures: [], withinMs: 0 } as const;
  const live = await startEndpoint({ ...steady, name: 'live' }, random, bell);
  const replayed = await startEndpoint({ ...steady, name: 'replayed' }, random, bell);
  try {
    return await new ReplayCrash(server, options, { live, replayed, bell }).run();
  } finally {
    await server.end();
    await Promise.all([live.close(), replayed.close()]);
    rmSync(folder, { recursive: true });
  }
}

interface Scene {
  /** Gets what comes. */
  readonly live: Endpoint;
  /** Gets it too, and the replay. */
  readonly replayed: Endpoint;
  readonly bell: Bell;
}

class ReplayCrash {
  readonly #server: CrashingServer;
  readonly #options: ReplayCrashOptions;
  readonly #scene: Scene;
  readonly #url = () => this.#server.url();
  #session = '';
  #sent = 0;

  constructor(server: CrashingServer, options: ReplayCrashOptions, scene: Scene) {
    this.#server = server;
    this.#options = options;
    this.#scene = scene;
  }

  async run(): Promise<ReplayCrashReport> {
    const { events, liveBefore, settleMs } = this.#options;
    const { live, replayed } = this.#scene;
    const first = (await newestEvent(await this.#url()))?.id ?? null;
    await this.#write(events);
    const head = await newestEvent(await this.#url());
    const webhooks = [await this.#webhook(live), await this.#webhook(replayed)];
    const before = await this.#pace((sent) => sent >= liveBefore);
    const startMs = performance.now();
    const id = await this.#replay(webhooks[1] ?? '', head?.created_at ?? '');
    const came = () => replayed.arrivals.reduce((sum, { replay }) => sum + (replay === id ? 1 : 0), 0);
    const beside = await this.#pace(() => came() >= events / 2);
    this.#server.crash();
    const deadlineMs = performance.now() + settleMs;
    const besideAfterCrash = await this.#paceUntilOver(id, deadlineMs);
    const replayMs = Math.round(performance.now() - startMs);
    for (const webhook of webhooks) await this.#untilCaughtUp(webhook, deadlineMs);
    const log = (await readLog(await this.#url(), first, { platform: false })).map(
      ({ digests, ...event }): LoggedEvent => ({ ...event, digest: digests.cloud }),
    );
    const outcome = await readReplay(await this.#url(), id);
    const isBefore = (event: LoggedEvent) => event.id < (head?.id ?? '') && event.type === TYPE;
    const verdict = judgeReplay(outcome, replayed.arrivals, log.filter(isBefore));
    const { duplicates } = verdict;
    const violations = [
      ...verdict.violations,
      ...this.#liveViolations(log.filter((event) => event.id > (head?.id ?? ''))),
      ...live.problems,
      ...replayed.problems,
    ];
    return { replay: outcome, replayMs, duplicates, live: { before, beside, besideAfterCrash }, violations };
  }

  #liveViolations(log: readonly LoggedEvent[]): string[] {
    const common = { patterns: [TYPE], ordering: 'none', recovers: true, deliveries: null } as const;
    return [this.#scene.live, this.#scene.replayed].flatMap(({ name, arrivals }) => [
      ...judgeWebhook({ ...common, name, arrivals }, log, this.#server.outages).violations,
    ]);
  }

  /** Writes what is to be replayed, and the session of what comes after it. */
  async #write(events: number): Promise<void> {
    const sessions: string[] = [];
    for (let index = 0; index < SESSIONS; index++) {
      const reply = await written(this.#url, '/v1/sessions', `{"external_id":"s${index}"}`, `session-${index}`);
      sessions.push((JSON.parse(reply.body) as { id: string }).id);
    }
    for (let at = 0; at < events; at += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, events - at) }, (_, index) => note(at + index));
      const session = sessions[(at / BATCH) % SESSIONS] ?? '';
      await written(this.#url, `/v1/sessions/${session}/events`, `{"events":[${batch.join(',')}]}`, `batch-${at}`);
    }
    const live = await written(this.#url, '/v1/sessions', '{"external_id":"live"}', 'live');
    this.#session = (JSON.parse(live.body) as { id: string }).id;
  }

  async #webhook({ name, url, secret }: Endpoint): Promise<string> {
    const body = JSON.stringify({ url, secret, events: [TYPE], announce: 'failures' });
    return (JSON.parse((await written(this.#url, '/v1/webhooks', body, `webhook-${name}`)).body) as { id: string }).id;
  }

  /** Everything of the type that came before. */
  async #replay(webhook: string, until: string): Promise<string> {
    const body = JSON.stringify({ webhook_id: webhook, since: '2020-01-01T00:00:00Z', until, types: [TYPE] });
    return (JSON.parse((await written(this.#url, '/v1/replays', body, 'replay')).body) as { id: string }).id;
  }

  async #paceUntilOver(replay: string, deadlineMs: number): Promise<Pace> {
    let isOver = false;
    const looking = (async () => {
      while (!isOver && performance.now() < deadlineMs) {
        isOver = OVER.has((await readReplay(await this.#url(), replay)).status);
        await delay(LOOK_EVERY_MS);
      }
    })();
    const pace = await this.#pace(() => isOver || performance.now() >= deadlineMs);
    await looking;
    return pace;
  }

  async #untilCaughtUp(webhook: string, deadlineMs: number): Promise<void> {
    while (performance.now() < deadlineMs) {
      const { lag } = await read<WebhookState>(await this.#url(), `/v1/webhooks/${webhook}`);
      if (lag?.events === 0) return;
      await delay(LOOK_EVERY_MS);
    }
  }

  /** Appends event after event, evenly, until there are enough; answers how those came that were acknowledged. */
  async #pace(enough: (sent: number) => boolean): Promise<Pace> {
    const sentMs = new Map<string, number>();
    const asked: Promise<void>[] = [];
    const from = this.#scene.live.arrivals.length;
    const startMs = performance.now();
    for (let sent = 0; !enough(sent); sent++) {
      asked.push(this.#send(sentMs));
      await delay(Math.max(0, startMs + ((sent + 1) * 1000) / this.#options.liveRate - performance.now()));
    }
    await Promise.all(asked);
    await this.#untilArrived(new Set(sentMs.keys()), from);
    const arrivedMs = new Map<string, number>();
    for (const { id, arrivedMs: atMs } of this.#scene.live.arrivals.slice(from))
      if (!arrivedMs.has(id)) arrivedMs.set(id, atMs);
    return paceOf([...sentMs].map(([id, atMs]) => [atMs, arrivedMs.get(id) ?? Number.POSITIVE_INFINITY]));
  }

  async #send(sentMs: Map<string, number>): Promise<void> {
    const body = `{"events":[${note(++this.#sent)}]}`;
    const atMs = performance.now();
    const reply = await ask(await this.#url(), { method: 'POST', path: `/v1/sessions/${this.#session}/events`, body });
    if (reply?.status === 200) for (const { id } of elementsOf(reply.body).map(shownOf)) sentMs.set(id, atMs);
  }

  /** Resolves when all of these have reached the live endpoint behind a place, or the time is over. */
  async #untilArrived(missing: Set<string>, from: number): Promise<void> {
    const { live, bell } = this.#scene;
    const timeout = new AbortController();
    const late = delay(this.#options.settleMs, null, { signal: timeout.signal }).catch(() => null);
    let isLate = false;
    void late.then(() => {
      isLate = true;
    });
    for (let at = from; !isLate; ) {
      for (; at < live.arrivals.length; at++) missing.delete(live.arrivals[at]?.id ?? '');
      if (missing.size === 0) break;
      await Promise.race([bell.rungSince(bell.count), late]);
    }
    timeout.abort();
  }
}

function note(number: number): string {
  return `{"type":"${TYPE}","number":${number},"text":"${TEXT}"}`;
}

function paceOf(times: readonly (readonly [sentMs: number, arrivedMs: number])[]): Pace {
  const latencies = times.map(([sentMs, arrivedMs]) => arrivedMs - sentMs).sort((one, other) => one - other);
  const at = (share: number) => Number((latencies[Math.floor(share * (latencies.length - 1))] ?? 0).toFixed(1));
  const firstMs = times.reduce((first, [sentMs]) => Math.min(first, sentMs), Number.POSITIVE_INFINITY);
  const lastMs = times.reduce((last, [, arrivedMs]) => Math.max(last, arrivedMs), 0);
  const perSecond = Math.round((times.length * 1000) / Math.max(1, lastMs - firstMs));
  return { events: times.length, perSecond, p50Ms: at(0.5), p99Ms: at(0.99) };
}
