/** The worlds of `tails.test.ts` notice what they are there for: each fault here is planted, and must be found. */
import { describe, expect, it } from 'vitest';
import type { EventId } from '../src/ids.ts';
import type { LogStream } from '../src/store.ts';
import type { WakeupListener, Wakeups } from '../src/wakeups.ts';
import { type Fault, type TailWorld, violationsOf } from './support/tail-world.ts';

/** Worlds of which one must show a fault. */
const WORLDS = 200;

function listening(woken: (pass: WakeupListener['woken']) => WakeupListener['woken']): (inner: Wakeups) => Wakeups {
  return (inner) => ({
    listen: (listener) =>
      inner.listen({
        woken: woken((org, sessions) => listener.woken(org, sessions)),
        reconnected: () => listener.reconnected(),
      }),
  });
}

/** The event of a stream that stands `distance` after a position. */
function beside(world: TailWorld, stream: LogStream, position: EventId | null, distance: number): EventId | null {
  const rows = world.log.visible(stream);
  const at = rows.findIndex(({ id }) => id === position);
  return rows[at + distance]?.id ?? position;
}

const FAULTS: Readonly<Record<string, Fault>> = {
  'wake-ups go unheard while a tail makes its first reads': {
    wakeups: (inner, world) =>
      listening((pass) => (org, sessions) => {
        const deaf = world.followers.some(
          ({ catchesUp, plan }) => catchesUp && (plan.stream === 'feed' || sessions.includes(plan.stream)),
        );
        if (!deaf) pass(org, sessions);
      })(inner),
  },
  'a wake-up is lost': {
    wakeups: (inner, world) =>
      listening((pass) => (org, sessions) => {
        if (!world.dice.chance(0.2)) pass(org, sessions);
      })(inner),
  },
  'a tail resumes one event too early': {
    resumeAt: (position, stream, world) => beside(world, stream, position, -1),
  },
  'a tail resumes one event too late': {
    resumeAt: (position, stream, world) => beside(world, stream, position, 1),
  },
  'a read sees less than the wake-up before it promised': {
    snapshot: ({ dice, log }) => (dice.chance(0.3) ? (log.states.at(-2) ?? log.now) : log.now),
  },
};

describe('the worlds notice when', () => {
  it.each(Object.entries(FAULTS))('%s', async (_, fault) => {
    const found: number[] = [];
    for (let seed = 1; seed <= WORLDS; seed++) {
      if ((await violationsOf(seed, fault)).length > 0) found.push(seed);
    }
    expect(found.length, `worlds of ${WORLDS} in which it shows`).toBeGreaterThan(0);
  });
});
