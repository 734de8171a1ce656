/** The readers of a list: who they are, how they are let come to the end of it, and what they have seen by then. */
import type { Bell } from './bell.ts';
import type { CrashingServer } from './crashing-server.ts';
import { judge, Truth } from './judge.ts';
import { BackwardPager, ForwardPager } from './pagers.ts';
import type { Shown } from './pages.ts';
import { Poller } from './poller.ts';
import { Random } from './random.ts';
import type { Reader, ReaderKind } from './reader.ts';
import { Tail } from './tail.ts';

/** What readers have done and seen, over a run. */
export interface Sightings {
  reconnects: number;
  skipped: number;
  repeated: number;
  /** Events shown by a server that was killed then: all of them must still be there. */
  shownBeforeCrash: number;
  readonly seen: Record<ReaderKind, number>;
}

export function noSightings(): Sightings {
  const seen = { tail: 0, poller: 0, pager: 0, 'backward pager': 0 };
  const feed = { 'feed tail': 0, 'feed pager': 0, 'feed backward pager': 0 };
  return { reconnects: 0, skipped: 0, repeated: 0, shownBeforeCrash: 0, seen: { ...seen, ...feed } };
}

export class Readers {
  readonly #readers: readonly Reader[];
  readonly #server: CrashingServer;

  private constructor(server: CrashingServer, readers: readonly Reader[]) {
    this.#server = server;
    this.#readers = readers;
    for (const reader of readers) reader.start();
  }

  /** Two tails, a long poller and a pager each way. */
  static ofSession(server: CrashingServer, session: string, random: Random, bell: Bell): Readers {
    const path = `/v1/sessions/${session}/events`;
    const options = (kind: ReaderKind) => ({
      ...{ kind, name: session, path, server, bell },
      random: new Random(random.whole(0, 0xffff_ffff)),
    });
    return new Readers(server, [
      new Tail({ ...options('tail'), from: 'start' }),
      new Tail({ ...options('tail'), from: 'now' }),
      new Poller(options('poller')),
      new ForwardPager(options('pager')),
      new BackwardPager(options('backward pager')),
    ]);
  }

  /** A tail and a pager each way. */
  static ofFeed(server: CrashingServer, random: Random, bell: Bell): Readers {
    const options = (kind: ReaderKind) => ({
      ...{ kind, name: 'the feed', path: '/v1/events', server, bell },
      random: new Random(random.whole(0, 0xffff_ffff)),
    });
    return new Readers(server, [
      new Tail({ ...options('feed tail'), from: 'start' }),
      new ForwardPager(options('feed pager')),
      new BackwardPager(options('feed backward pager')),
    ]);
  }

  disturb(): void {
    for (const reader of this.#readers) reader.disturb();
  }

  /** Lets all of them come to the end of a list that grows no more, and no longer than `catchUpMs`; answers violations. */
  async judge(events: readonly Shown[], catchUpMs: number, sightings: Sightings): Promise<string[]> {
    const truth = new Truth(events);
    const head = events.at(-1)?.id;
    for (const reader of this.#readers) reader.calm();
    const deadlineMs = performance.now() + catchUpMs;
    if (head !== undefined) await Promise.all(this.#readers.map((reader) => reader.reached(head, deadlineMs)));
    const found: string[] = [];
    for (const reader of this.#readers) {
      const { crashes } = this.#server;
      const { violations, skipped, repeated } = judge(reader, truth, crashes);
      found.push(...violations);
      sightings.skipped += skipped;
      sightings.repeated += repeated;
      sightings.seen[reader.kind] += reader.seen.length;
      sightings.shownBeforeCrash += reader.seen.filter((event) => event.crashes < crashes).length;
      reader.seen = [];
      if (reader instanceof Tail) {
        sightings.reconnects += reader.reconnects;
        reader.reconnects = 0;
      }
    }
    return found;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.stop()));
  }
}
