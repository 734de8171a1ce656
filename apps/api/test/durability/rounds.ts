/** Rounds of writing and reading, a crash at a random moment, a restart, and a comparison with the truth. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bell } from './bell.ts';
import { ask } from './client.ts';
import { CrashingServer } from './crashing-server.ts';
import { readAll, type Shown } from './pages.ts';
import { Random } from './random.ts';
import { noSightings, Readers, type Sightings } from './readers.ts';
import { ServerProcess } from './server-process.ts';
import { ACCOUNT, areEqual, feedViolations, violations } from './truth.ts';
import { Writer } from './writer.ts';

export interface RoundsOptions {
  readonly rounds: number;
  readonly seed: number;
  /** Another server entry, with a fault planted into it. */
  readonly entry?: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Stops after the round of the first such violation. */
  readonly untilViolated?: RegExp;
  /** Batches acknowledged before a crash, at most. */
  readonly batchesBefore?: number;
  /** How long readers may take to come to the end, once nothing is written any more. */
  readonly catchUpMs?: number;
}

export interface Report extends Sightings {
  rounds: number;
  kills: number;
  /** Batches. */
  acknowledged: number;
  unanswered: number;
  replays: number;
  readonly violations: string[];
}

const WRITERS = 8;
const SESSIONS = 4;
/** Between the acknowledgement that makes a crash due and the crash, so that it meets any moment of a commit. */
const LONGEST_DELAY_MS = 40;
const BATCHES_BEFORE = 200;
/** Batches that each writer has acknowledged after the restart. */
const BATCHES_AFTER = 2;
const CATCH_UP_MS = 20_000;
const FEED_PATH = '/v1/events';

/** Crashes and restarts a server on one file. The seed makes the clients' choices; the crash meets whatever is under way. */
export async function runRounds(options: RoundsOptions): Promise<Report> {
  const random = new Random(options.seed);
  const folder = mkdtempSync(join(tmpdir(), 'turnlog-durability-'));
  const file = join(folder, 'turnlog.db');
  const server = new CrashingServer(() => ServerProcess.start(file, options.entry, options.environment));
  const run = new Run(server, random, options);
  const { report } = run;
  try {
    const isOver = () => report.violations.some((violation) => options.untilViolated?.test(violation));
    while (report.rounds < options.rounds && !isOver()) await run.round();
    await run.end();
  } finally {
    await server.end();
    rmSync(folder, { recursive: true });
  }
  return report;
}

class Run {
  readonly report: Report;
  readonly #server: CrashingServer;
  readonly #random: Random;
  readonly #catchUpMs: number;
  readonly #batchesBefore: number;
  readonly #feedBell = new Bell();
  readonly #feedReaders: Readers;
  /** The feed as it was read after each round. */
  readonly #feed: Shown[] = [];

  constructor(server: CrashingServer, random: Random, options: RoundsOptions) {
    const counts = { rounds: 0, kills: 0, acknowledged: 0, unanswered: 0, replays: 0 };
    this.report = { ...counts, ...noSightings(), violations: [] };
    this.#server = server;
    this.#random = random;
    this.#catchUpMs = options.catchUpMs ?? CATCH_UP_MS;
    this.#batchesBefore = options.batchesBefore ?? BATCHES_BEFORE;
    this.#feedReaders = Readers.ofFeed(server, random, this.#feedBell);
  }

  async round(): Promise<void> {
    const name = `r${++this.report.rounds}`;
    const sessions = await this.#createSessions(name);
    const bells = sessions.map(() => new Bell());
    const readers = sessions.map((session, index) =>
      Readers.ofSession(this.#server, session, this.#random, bells[index] as Bell),
    );
    this.#feedReaders.disturb();
    try {
      const writers = this.#writers(name, sessions, bells);
      await writeThroughCrash(this.#server, writers, this.#random, this.#random.whole(1, this.#batchesBefore));
      const found = writers.flatMap(({ refusals }) => refusals);
      this.#count(writers);
      this.report.violations.push(...(found.length > 0 ? found : await this.#judge(sessions, writers, readers)));
    } finally {
      await Promise.all(readers.map((of) => of.stop()));
    }
  }

  /** Reads the whole feed once more: no crash has changed what was there before it. */
  async end(): Promise<void> {
    await this.#feedReaders.stop();
    const feed = await readAll(await this.#server.url(), FEED_PATH, null);
    if (!areEqual(feed, this.#feed) && this.report.violations.length === 0)
      this.report.violations.push('the feed is not what it was after each round');
  }

  async #createSessions(name: string): Promise<string[]> {
    const url = await this.#server.url();
    return Promise.all(Array.from({ length: SESSIONS }, (_, index) => createSession(url, `${name}-${index}`)));
  }

  /** Those of the sessions, and one of the account stream. */
  #writers(name: string, sessions: readonly string[], bells: readonly Bell[]): Writer[] {
    const random = () => new Random(this.#random.whole(0, 0xffff_ffff));
    const writers = Array.from({ length: WRITERS }, (_, index) => {
      const session = sessions[index % SESSIONS] as string;
      const own = [bells[index % SESSIONS] as Bell, this.#feedBell];
      return new Writer(`${name}w${index}`, session, `/v1/sessions/${session}/events`, random(), own);
    });
    return [...writers, new Writer(`${name}a`, ACCOUNT, FEED_PATH, random(), [this.#feedBell])];
  }

  async #judge(
    sessions: readonly string[],
    writers: readonly Writer[],
    readers: readonly Readers[],
  ): Promise<string[]> {
    const url = await this.#server.url();
    const truths = new Map<string, readonly Shown[]>();
    const found: string[] = [];
    for (const session of sessions) {
      const truth = await readAll(url, `/v1/sessions/${session}/events`, null);
      truths.set(session, truth);
      const own = writers.filter((writer) => writer.session === session);
      found.push(...(await violations(url, session, truth, own, this.#random)));
    }
    const feed = await readAll(url, FEED_PATH, this.#feed.at(-1)?.id ?? null);
    this.#feed.push(...feed);
    found.push(
      ...feedViolations(
        feed,
        truths,
        writers.filter(({ session }) => session === ACCOUNT),
      ),
    );
    // A log that is wrong already is not waited for.
    const catchUpMs = found.length > 0 ? 0 : this.#catchUpMs;
    const judged = await Promise.all([
      this.#feedReaders.judge(feed, catchUpMs, this.report),
      ...readers.map((of, index) => of.judge(truths.get(sessions[index] ?? '') ?? [], catchUpMs, this.report)),
    ]);
    return [...found, ...judged.flat()];
  }

  #count(writers: readonly Writer[]): void {
    this.report.kills = this.#server.crashes;
    for (const writer of writers) {
      this.report.acknowledged += writer.acknowledged.length;
      this.report.unanswered += writer.unanswered;
      this.report.replays += writer.replays;
    }
  }
}

/** All writers write; the server crashes under them some time after so many batches, and each then writes a little more. */
async function writeThroughCrash(
  server: CrashingServer,
  writers: readonly Writer[],
  random: Random,
  crashAfter: number,
): Promise<void> {
  const delayMs = random.whole(0, LONGEST_DELAY_MS);
  const acknowledged = () => writers.reduce((sum, writer) => sum + writer.acknowledged.length, 0);
  let phase: 'writing' | 'due' | 'crashed' = 'writing';
  const crash = () => {
    phase = 'crashed';
    server.crash();
  };
  await Promise.all(
    writers.map((writer) => {
      let stopAt = Number.POSITIVE_INFINITY;
      const enough = () => {
        if (phase === 'writing' && acknowledged() >= crashAfter) {
          phase = 'due';
          setTimeout(crash, delayMs);
        }
        if (writer.refusals.length > 0) return true;
        if (phase === 'crashed') stopAt = Math.min(stopAt, writer.acknowledged.length + BATCHES_AFTER);
        return writer.acknowledged.length >= stopAt;
      };
      return writer.write(() => server.url(), enough);
    }),
  );
}

async function createSession(url: string, externalId: string): Promise<string> {
  const reply = await ask(url, {
    method: 'POST',
    path: '/v1/sessions',
    body: JSON.stringify({ external_id: externalId }),
  });
  if (reply?.status !== 201) throw new Error(`A session was answered ${reply?.status}: ${reply?.body}`);
  return (JSON.parse(reply.body) as { id: string }).id;
}
