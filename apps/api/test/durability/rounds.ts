/** Rounds of writing, a crash at a random moment, a restart, and a comparison with the truth. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from './client.ts';
import { Random } from './random.ts';
import { ServerProcess } from './server-process.ts';
import { violations } from './truth.ts';
import { Writer } from './writer.ts';

export interface RoundsOptions {
  readonly rounds: number;
  readonly seed: number;
  /** Another server entry, with a fault planted into it. */
  readonly entry?: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Stops at the first violation. */
  readonly untilViolated?: boolean;
}

export interface Report {
  readonly rounds: number;
  readonly acknowledged: number;
  readonly unanswered: number;
  readonly replays: number;
  readonly violations: readonly string[];
}

const WRITERS = 8;
const SESSIONS = 4;
/** Between the acknowledgement that makes a crash due and the crash, so that it meets any moment of a commit. */
const LONGEST_DELAY_MS = 10;
/** Batches acknowledged before a crash, at most; and after the restart, by each writer. */
const BATCHES_BEFORE = 200;
const BATCHES_AFTER = 2;

/** Crashes and restarts a server on one file. The seed makes the clients' choices; the crash meets whatever is under way. */
export async function runRounds(options: RoundsOptions): Promise<Report> {
  const random = new Random(options.seed);
  const folder = mkdtempSync(join(tmpdir(), 'turnlog-durability-'));
  const file = join(folder, 'turnlog.db');
  const server = new CrashingServer(() => ServerProcess.start(file, options.entry, options.environment));
  const report = { rounds: 0, acknowledged: 0, unanswered: 0, replays: 0, violations: [] as string[] };
  try {
    while (report.rounds < options.rounds && !(options.untilViolated && report.violations.length > 0)) {
      report.rounds++;
      await round(server, random, report, `r${report.rounds}`);
    }
  } finally {
    await server.end();
    rmSync(folder, { recursive: true });
  }
  return report;
}

/** The server of the moment: after a crash, the next one. */
class CrashingServer {
  readonly #start: () => Promise<ServerProcess>;
  #current: Promise<ServerProcess>;

  constructor(start: () => Promise<ServerProcess>) {
    this.#start = start;
    this.#current = start();
  }

  async url(): Promise<string> {
    const server = await this.#current;
    server.checkAlive();
    return server.url;
  }

  crash(): void {
    this.#current = this.#current.then((server) => server.kill()).then(this.#start);
  }

  async end(): Promise<void> {
    await (await this.#current).kill();
  }
}

async function round(
  server: CrashingServer,
  random: Random,
  report: { acknowledged: number; unanswered: number; replays: number; violations: string[] },
  name: string,
): Promise<void> {
  const first = await server.url();
  const sessions = await Promise.all(
    Array.from({ length: SESSIONS }, (_, index) => createSession(first, `${name}-${index}`)),
  );
  const writers = Array.from(
    { length: WRITERS },
    (_, index) =>
      new Writer(`${name}w${index}`, sessions[index % SESSIONS] as string, new Random(random.whole(0, 0xffff_ffff))),
  );
  await writeThroughCrash(server, writers, random);
  const restarted = await server.url();
  for (const session of sessions) {
    const own = writers.filter((writer) => writer.session === session);
    const refusals = own.flatMap((writer) => writer.refusals);
    report.violations.push(...(refusals.length > 0 ? refusals : await violations(restarted, session, own, random)));
  }
  for (const writer of writers) {
    report.acknowledged += writer.acknowledged.length;
    report.unanswered += writer.unanswered;
    report.replays += writer.replays;
  }
}

/** All writers write; the server crashes under them some time after so many batches, and each then writes a little more. */
async function writeThroughCrash(server: CrashingServer, writers: readonly Writer[], random: Random): Promise<void> {
  const crashAfter = random.whole(1, BATCHES_BEFORE);
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
