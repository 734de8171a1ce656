/** What it costs to hold many connections, and to tell all of them of one event: a server beside a bare one. */
import type { MeasuredServer } from './measured-server.ts';
import { type ReadersOptions, StreamReaders } from './stream-readers.ts';
import { median } from './turnlog.ts';

/** A server, and how its readers connect. */
export interface Measured extends Omit<ReadersOptions, 'count'> {
  readonly name: string;
  readonly server: MeasuredServer;
}

const IDLE = 2_000;
const WARM_UP = 200;
const ROUNDS = 7;
const EVENTS = 40;

/** Prints what an idle connection holds of each server's memory. */
export async function compareIdle(what: string, servers: readonly Measured[]): Promise<void> {
  console.log(`resident memory of an idle ${what}, at ${IDLE}, on a server that was just started:`);
  for (const one of servers) console.log(`  ${one.name.padEnd(10)} ${await idleKib(one)} KiB`);
}

async function idleKib(measured: Measured): Promise<string> {
  (await StreamReaders.open({ ...measured, count: WARM_UP })).close();
  const before = await measured.server.residentBytes();
  const readers = await StreamReaders.open({ ...measured, count: IDLE });
  const after = await measured.server.residentBytes();
  readers.close();
  return ((after - before) / IDLE / 1024).toFixed(1);
}

/** One side of a fan-out: its server, and what makes it send one event to all of its readers. */
export interface Sender {
  readonly measured: Measured;
  readonly send: () => Promise<unknown>;
}

export interface FanOut {
  readonly ours: Sender;
  readonly theirs: Sender;
  readonly count: number;
  /** What is sent: for the headline. */
  readonly headline: string;
  readonly peerSends: string;
}

/** Prints the CPU of one event to so many readers, on both sides in alternating rounds. */
export async function compareFanOut({ ours, theirs, count, headline, peerSends }: FanOut): Promise<void> {
  const mine = await StreamReaders.open({ ...ours.measured, count });
  const other = await StreamReaders.open({ ...theirs.measured, count });
  const rounds = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const my = await cpuPerEvent(ours, mine, count);
    const its = await cpuPerEvent(theirs, other, count);
    if (round > 0) rounds.push({ my, its, ratio: my / its }); // the first one warms up
  }
  mine.close();
  other.close();
  const [name, peer] = [ours.measured.name.padEnd(10), theirs.measured.name.padEnd(10)];
  console.log(`${headline}; ${ROUNDS} rounds of ${EVENTS} events`);
  console.log('server CPU per event, median of the rounds:');
  console.log(`  ${name} ${(median(rounds.map(({ my }) => my)) / 1000).toFixed(2)} ms, its append included`);
  console.log(`  ${peer} ${(median(rounds.map(({ its }) => its)) / 1000).toFixed(2)} ms, ${peerSends}`);
  console.log(`  ratio      ${median(rounds.map(({ ratio }) => ratio)).toFixed(2)}`);
}

async function cpuPerEvent({ measured, send }: Sender, readers: StreamReaders, count: number): Promise<number> {
  const before = await measured.server.cpuMicros();
  for (let event = 0; event < EVENTS; event++) {
    const arrived = readers.frames(count);
    await send();
    await arrived;
  }
  return ((await measured.server.cpuMicros()) - before) / EVENTS;
}

/** Has a bare server write a text to all its readers. */
export async function writeToAll(url: string, text: string): Promise<void> {
  await (await fetch(url, { method: 'POST', body: text })).arrayBuffer();
}
