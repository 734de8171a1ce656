/** What waits for the client of a socket, piece by piece and batch by batch, and when one that stays behind is cut. */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { OrgId } from '@turnlog/core/ids';
import type { Tail } from '@turnlog/core/tails';
import { expect, it } from 'vitest';
import { Connection } from '../src/http/sockets/connection.ts';
import { SocketFrames } from '../src/http/sockets/frames.ts';
import { nextTurn } from '../src/process/machine.ts';

const ORG = 'org' as OrgId;
const LIMITS = { perToken: 1, perProcess: 1, maxAgeMs: 60_000, heartbeatMs: 10_000, lagMs: 1_000 };

/** A network socket that takes what it is told to take. */
class Wire extends EventEmitter {
  readonly writableLength = 0;
  readonly bytesWritten = 0;
  destroyed = false;
  takes = true;
  writes = 0;

  write(): boolean {
    this.writes++;
    return this.takes;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function connect(pieces: readonly string[], messages: () => Promise<readonly string[]>) {
  const wire = new Wire();
  const tail = {
    position: null,
    live: true,
    started: false,
    start: () => (tail.started = true),
    resume() {},
    close() {},
  };
  const asked: string[] = [];
  const connection = new Connection({
    socket: wire as unknown as Socket,
    limits: LIMITS,
    tails: { open: async () => tail as unknown as Tail },
    words: {
      async *opening() {
        for (const piece of pieces) {
          asked.push(piece);
          yield piece;
        }
      },
    },
    frames: new SocketFrames({ messages }),
    failed: (error) => expect.fail(String(error)),
  });
  return { wire, tail, asked, connection };
}

const nothing = async () => [];
const someTurns = async () => {
  for (let turns = 0; turns < 10; turns++) await nextTurn();
};

it('no piece of the first message is asked for before its client has taken what came before', async () => {
  const { wire, tail, asked, connection } = connect(['a', 'b', 'c', 'd'], nothing);
  wire.takes = false;
  connection.accepted(new EventEmitter() as Parameters<Connection['accepted']>[0]);
  const opened = connection.open(ORG);
  await someTurns();
  expect([wire.writes, asked, tail.started]).toEqual([1, ['a', 'b'], false]);
  wire.takes = true;
  wire.emit('drain');
  await opened;
  expect([wire.writes, asked.length, tail.started]).toEqual([4, 4, true]);
});

it('a socket takes no more than a few batches that are not put into words yet', async () => {
  const { promise, resolve } = Promise.withResolvers<readonly string[]>();
  const { connection } = connect([], () => promise);
  const taken = Array.from({ length: 5 }, () => connection.take([]));
  expect(taken[0]).toBe(true);
  expect(taken.at(-1)).toBe(false);
  resolve([]);
});

it('a client that reads, but stays behind for too long, is cut', async () => {
  const { wire, tail, connection } = connect(['a'], nothing);
  await connection.open(ORG);
  connection.look(0);
  tail.live = false;
  connection.look(1);
  connection.look(1 + LIMITS.lagMs);
  expect(wire.destroyed).toBe(false);
  tail.live = true;
  connection.look(2 + LIMITS.lagMs);
  tail.live = false;
  connection.look(3 + LIMITS.lagMs);
  connection.look(3 + 2 * LIMITS.lagMs);
  expect(wire.destroyed).toBe(false);
  connection.look(4 + 2 * LIMITS.lagMs);
  expect(wire.destroyed).toBe(true);
});
