/** Batches on their way to sockets, whose words may come late, or not at all. */
import type { OrgId } from '@turnlog/core/ids';
import type { LogEvent } from '@turnlog/core/store';
import { expect, it, onTestFinished } from 'vitest';
import { SocketFrames } from '../src/http/sockets/frames.ts';
import { nextTurn } from '../src/process/machine.ts';

const ORG = 'org' as OrgId;

it('a batch that cannot be put into words, while one before it still is, harms nobody but its sockets', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => {
    process.off('unhandledRejection', note);
  });
  const broken: readonly LogEvent[] = [];
  const frames = new SocketFrames({
    messages: async () => {
      throw new Error('disk I/O error');
    },
  });
  const late = frames.of(ORG, broken);
  for (let turns = 0; turns < 3; turns++) await nextTurn(); // a socket waits for the batch before
  expect(unhandled).toEqual([]);
  await expect(late).rejects.toThrow('disk I/O error');
  expect(frames.of(ORG, broken)).toBe(late);
});
