/** What tails promise one by one, each in the situation in which it is hardest to keep. */
import { describe, expect, it } from 'vitest';
import type { EventFilter } from '../src/event-filter.ts';
import type { SessionId } from '../src/ids.ts';
import type { LogStream } from '../src/store.ts';
import type { Tail, TailStart } from '../src/tails.ts';
import { TailLog } from './support/tail-log.ts';
import { Keeper, type StageOptions, TailStage } from './support/tail-stage.ts';

const NOTE = 'note.added';
const NOTES: EventFilter = { types: ['note.*'], session: null, agentId: null };
const LAG_BYTES = 100;

function stageOf(options: Partial<StageOptions> = {}): TailStage {
  return new TailStage(new TailLog(1, ['alpha', 'beta']), { lagBytes: LAG_BYTES, ...options });
}

/** Appends events of ten bytes to the first session in one commit. */
function grow(stage: TailStage, count = 1, type = NOTE): void {
  stage.commit(Array.from({ length: count }, () => ({ session: stage.log.session(0), type })));
}

async function opened(
  stage: TailStage,
  { stream = stage.log.session(0), start = 'start', filter = null }: Partial<Opening> = {},
): Promise<Tail> {
  const opening = stage.tails.open(stage.log.org, stream, start, filter);
  await stage.steps.settle();
  const tail = await opening;
  if (tail === null) throw new Error('The position is unknown.');
  return tail;
}

interface Opening {
  readonly stream: LogStream;
  readonly start: TailStart;
  readonly filter: EventFilter | null;
}

/** A tail that has met the head. */
async function live(stage: TailStage, opening: Partial<Opening> = {}): Promise<{ tail: Tail; reader: Keeper }> {
  const tail = await opened(stage, opening);
  const reader = new Keeper();
  tail.start(reader);
  await stage.steps.settle();
  expect(tail.live).toBe(true);
  return { tail, reader };
}

function idsOf(stage: TailStage, from = 0): readonly string[] {
  return stage.log
    .visible(stage.log.session(0))
    .slice(from)
    .map(({ id }) => id);
}

describe('a tail that begins now', () => {
  it.each(['feed', 'session'])(
    'of a %s has its position before it is open, and gets all that follows',
    async (kind) => {
      const stage = stageOf();
      const stream = kind === 'feed' ? 'feed' : stage.log.session(0);
      grow(stage);
      const opening = stage.tails.open(stage.log.org, stream, 'now', null);
      grow(stage);
      await stage.steps.take('snapshot');
      grow(stage);
      await stage.steps.take('answer');
      const tail = await opening;
      expect(tail?.position).toBe(idsOf(stage)[1]);
      grow(stage);
      await stage.steps.settle();
      expect(tail?.position).toBe(idsOf(stage)[1]);
      const reader = new Keeper();
      tail?.start(reader);
      grow(stage);
      await stage.steps.settle();
      grow(stage);
      await stage.steps.settle();
      expect(reader.ids).toEqual(idsOf(stage, 2));
    },
  );

  it('of an empty stream gets its first event', async () => {
    const stage = stageOf();
    const { tail, reader } = await live(stage, { start: 'now' });
    expect(tail.position).toBe(null);
    grow(stage);
    await stage.steps.settle();
    expect(reader.ids).toEqual(idsOf(stage));
  });
});

describe('the live tails of a stream', () => {
  it('share one read of each commit, and equal filters one array', async () => {
    const stage = stageOf();
    grow(stage);
    const readers: Keeper[] = [];
    for (let n = 0; n < 100; n++) {
      const filter = n % 2 === 0 ? null : { ...NOTES, types: [...(NOTES.types ?? [])] };
      readers.push((await live(stage, { start: n % 3 === 0 ? 'now' : 'start', filter })).reader);
    }
    const before = stage.calls.readOn;
    grow(stage);
    await stage.steps.settle();
    expect(stage.calls.readOn - before).toBe(1);
    const last = readers.map(({ arrays }) => arrays.at(-1));
    expect(last[0]).toHaveLength(1);
    expect(new Set(last.filter((_, n) => n % 2 === 0)).size).toBe(1);
    expect(new Set(last.filter((_, n) => n % 2 === 1)).size).toBe(1);
  });

  it('read once more for all the wake-ups that come during a read', async () => {
    const stage = stageOf();
    const { reader } = await live(stage);
    const before = stage.calls.readOn;
    grow(stage);
    await stage.steps.take('wake-up');
    await stage.steps.take('snapshot');
    for (let n = 0; n < 10; n++) grow(stage);
    while (await stage.steps.take('wake-up'));
    await stage.steps.settle();
    expect(stage.calls.readOn - before).toBe(2);
    expect(reader.ids).toEqual(idsOf(stage));
  });

  it('cost nothing when other sessions of the org take events', async () => {
    const stage = stageOf();
    const { reader } = await live(stage);
    const before = stage.calls.readOn;
    stage.commit([{ session: stage.log.session(1), type: NOTE }]);
    await stage.steps.settle();
    expect(stage.calls.readOn).toBe(before);
    expect(reader.arrays).toEqual([]);
  });

  it('are not read for once they are closed', async () => {
    const stage = stageOf();
    const { tail, reader } = await live(stage);
    grow(stage);
    await stage.steps.take('wake-up');
    tail.close();
    grow(stage);
    await stage.steps.settle();
    const before = stage.calls.readOn;
    grow(stage);
    await stage.steps.settle();
    expect(stage.calls.readOn).toBe(before);
    expect([reader.ids, reader.end]).toEqual([[], null]);
  });

  it('are not read for when they were closed before they started', async () => {
    const stage = stageOf();
    grow(stage);
    const tail = await opened(stage);
    const reader = new Keeper();
    tail.close();
    tail.start(reader);
    await stage.steps.settle();
    expect([stage.calls.readOn, reader.ids, tail.live]).toEqual([0, [], false]);
  });

  it('hear nothing more once all tails are closed together', async () => {
    const stage = stageOf();
    const { reader } = await live(stage);
    stage.tails.close();
    grow(stage);
    stage.reconnected();
    await stage.steps.settle();
    expect(reader.ids).toEqual([]);
  });
});

describe('a reader that takes no more', () => {
  it('is left out, reads on by itself once it can, and is live again', async () => {
    const stage = stageOf();
    const slow = await live(stage);
    const quick = await live(stage);
    slow.reader.takesMore = false;
    grow(stage);
    await stage.steps.settle();
    grow(stage, 3);
    await stage.steps.settle();
    expect(slow.tail.live).toBe(false);
    expect(slow.reader.ids).toEqual(idsOf(stage).slice(0, 1));
    expect(quick.reader.ids).toEqual(idsOf(stage));
    slow.reader.takesMore = true;
    slow.tail.resume();
    await stage.steps.settle();
    expect(slow.tail.live).toBe(true);
    grow(stage);
    await stage.steps.settle();
    expect(slow.reader.ids).toEqual(idsOf(stage));
    expect(slow.reader.arrays.at(-1)).toBe(quick.reader.arrays.at(-1));
  });

  it.each([0, 2])('is ended when too much has passed it, with %i others live', async (others) => {
    const stage = stageOf({ bound: () => 1 });
    const slow = await live(stage);
    for (let n = 0; n < others; n++) await live(stage);
    slow.reader.takesMore = false;
    grow(stage);
    await stage.steps.settle();
    grow(stage, LAG_BYTES / 10);
    await stage.steps.settle();
    expect(slow.reader.end).toBe(null);
    grow(stage);
    await stage.steps.settle();
    expect(slow.reader.end).toEqual({ kind: 'lagging' });
    expect(slow.tail.position).toBe(idsOf(stage)[0]);
  });

  it('costs no reads where nobody asks how far behind it is, and is live again once it can', async () => {
    const stage = stageOf({ lagBytes: Number.POSITIVE_INFINITY });
    const { tail, reader } = await live(stage);
    reader.takesMore = false;
    grow(stage);
    await stage.steps.settle();
    const { readOn } = stage.calls;
    grow(stage, 3);
    await stage.steps.settle();
    grow(stage, 3);
    await stage.steps.settle();
    expect(stage.calls.readOn).toBe(readOn);
    reader.takesMore = true;
    tail.resume();
    await stage.steps.settle();
    expect([tail.live, reader.ids]).toEqual([true, idsOf(stage)]);
    grow(stage);
    await stage.steps.settle();
    expect(reader.ids).toEqual(idsOf(stage));
  });

  it('is not ended for lag on its first way to the head', async () => {
    const stage = stageOf({ bound: () => 1 });
    grow(stage, 100);
    await live(stage);
    const tail = await opened(stage);
    const reader = new Keeper();
    reader.takesMore = false;
    tail.start(reader);
    for (let n = 0; n < 20; n++) {
      grow(stage, 10);
      await stage.steps.settle();
    }
    expect(reader.end).toBe(null);
    reader.takesMore = true;
    tail.resume();
    await stage.steps.settle();
    expect([tail.live, reader.ids]).toEqual([true, idsOf(stage)]);
  });

  it('is not ended for lag when it is full after each array but keeps up', async () => {
    const stage = stageOf();
    const { tail, reader } = await live(stage);
    reader.takesMore = false;
    for (let n = 0; n < 40; n++) {
      grow(stage);
      await stage.steps.settle();
      tail.resume();
    }
    await stage.steps.settle();
    expect([reader.end, reader.ids]).toEqual([null, idsOf(stage)]);
  });

  it('is not ended for events that it has read by itself before the others did', async () => {
    const stage = stageOf();
    const { tail, reader } = await live(stage);
    reader.takesMore = false;
    grow(stage);
    await stage.steps.settle();
    grow(stage, 11);
    tail.resume();
    await stage.steps.take('snapshot');
    await stage.steps.take('answer');
    expect(reader.ids).toEqual(idsOf(stage));
    await stage.steps.settle();
    expect(reader.end).toBe(null);
  });
});

describe('a session that has ended', () => {
  it.each(['terminated', 'archived', 'deleted'] as const)('ends its tails when it is %s', async (fate) => {
    const stage = stageOf({ bound: () => 1 });
    const { reader } = await live(stage);
    const ahead = await opened(stage);
    grow(stage, 3);
    await stage.steps.settle();
    expect(reader.end).toBe(null);
    stage.commit(fate === 'terminated' ? [{ session: stage.log.session(0), type: 'terminated' }] : [], [
      [stage.log.session(0), fate],
    ]);
    await stage.steps.settle();
    expect(reader.end).toEqual({ kind: 'finished' });
    expect(reader.ids).toEqual(stage.log.everything(stage.log.session(0), null, null).map(({ id }) => id));
    const late = new Keeper();
    ahead.start(late);
    await stage.steps.settle();
    expect([late.end, late.ids]).toEqual([{ kind: 'finished' }, idsOf(stage)]);
  });

  it('ends a tail that read its last events just before, beside one that takes no more', async () => {
    const stage = stageOf();
    const slow = await live(stage);
    slow.reader.takesMore = false;
    grow(stage);
    await stage.steps.settle();
    const tail = await opened(stage);
    const reader = new Keeper();
    tail.start(reader);
    await stage.steps.take('snapshot');
    stage.commit([], [[stage.log.session(0), 'archived']]);
    await stage.steps.take('wake-up');
    await stage.steps.take('snapshot');
    await stage.steps.takeYoungest('answer');
    await stage.steps.settle();
    expect([reader.end, reader.ids]).toEqual([{ kind: 'finished' }, idsOf(stage)]);
    slow.tail.resume();
    await stage.steps.settle();
    expect(slow.reader.end).toEqual({ kind: 'finished' });
  });

  it('and is reopened does not end a tail that has seen it reopened', async () => {
    const stage = stageOf();
    const [session] = stage.log.sessions as [SessionId];
    await live(stage);
    const tail = await opened(stage);
    stage.commit([{ session, type: 'terminated' }], [[session, 'terminated']]);
    await stage.steps.take('wake-up');
    await stage.steps.take('snapshot');
    stage.commit([{ session, type: 'session_start' }], [[session, 'open']]);
    const reader = new Keeper();
    tail.start(reader);
    await stage.steps.take('snapshot');
    await stage.steps.takeYoungest('answer');
    await stage.steps.settle();
    grow(stage);
    await stage.steps.settle();
    expect([reader.end, reader.ids]).toEqual([null, idsOf(stage)]);
  });

  it('and is reopened goes on for who comes back', async () => {
    const stage = stageOf();
    const { tail } = await live(stage);
    stage.commit([{ session: stage.log.session(0), type: 'terminated' }], [[stage.log.session(0), 'terminated']]);
    await stage.steps.settle();
    stage.commit([{ session: stage.log.session(0), type: 'session_start' }], [[stage.log.session(0), 'open']]);
    await stage.steps.settle();
    const start = { after: tail.position as NonNullable<Tail['position']> };
    const { reader } = await live(stage, { start });
    grow(stage);
    await stage.steps.settle();
    expect([reader.end, reader.ids]).toEqual([null, idsOf(stage, 1)]);
  });
});

describe('after the bus has reconnected', () => {
  it('everything arrives whose wake-ups were lost, and an org that did not move is not read', async () => {
    const stage = stageOf();
    const readers = [await live(stage), await live(stage, { stream: 'feed', start: 'now' })];
    stage.log.commit([{ session: stage.log.session(0), type: NOTE }]);
    const before = { ...stage.calls };
    stage.reconnected();
    await stage.steps.settle();
    for (const { reader } of readers) expect(reader.ids).toEqual(idsOf(stage));
    expect([stage.calls.lastUs, stage.calls.readOn]).toEqual([before.lastUs + 1, before.readOn + 2]);
    stage.reconnected();
    await stage.steps.settle();
    expect([stage.calls.lastUs, stage.calls.readOn]).toEqual([before.lastUs + 2, before.readOn + 2]);
  });

  it('an org whose clock cannot be read is read', async () => {
    const broken = { next: false };
    const stage = stageOf({
      failure: () => {
        const fails = broken.next;
        broken.next = false;
        return fails ? new Error('No clock.') : null;
      },
    });
    const { reader } = await live(stage);
    for (let n = 0; n < 2; n++) {
      stage.log.commit([{ session: stage.log.session(0), type: NOTE }]);
      broken.next = true;
      stage.reconnected();
      await stage.steps.settle();
      expect(reader.ids).toEqual(idsOf(stage));
    }
  });

  it('an org that nobody follows costs nothing', async () => {
    const stage = stageOf();
    (await live(stage)).tail.close();
    stage.reconnected();
    await stage.steps.settle();
    expect(stage.calls.lastUs).toBe(0);
  });
});

describe('what cannot be read', () => {
  it('ends live and slow tails with its error', async () => {
    const failure: { next: Error | null } = { next: null };
    const stage = stageOf({ failure: () => failure.next });
    const slow = await live(stage);
    slow.reader.takesMore = false;
    grow(stage);
    await stage.steps.settle();
    const readers = [slow, await live(stage), await live(stage)];
    failure.next = new Error('The disk is gone.');
    grow(stage);
    await stage.steps.settle();
    for (const { reader } of readers) expect(reader.end).toEqual({ kind: 'failed', error: failure.next });
    failure.next = null;
    const { reader } = await live(stage);
    expect(reader.ids).toEqual(idsOf(stage));
  });

  it('ends a tail on its way to the head with its error', async () => {
    const failure: { next: Error | null } = { next: null };
    const stage = stageOf({ failure: () => failure.next });
    const tail = await opened(stage);
    failure.next = new Error('The disk is gone.');
    const reader = new Keeper();
    tail.start(reader);
    await stage.steps.settle();
    expect(reader.end).toEqual({ kind: 'failed', error: failure.next });
  });

  it.each(['start', 'now', 'after'])(
    'refuses to open (%s) an unknown session, and leaves nothing behind',
    async (from) => {
      const stage = stageOf();
      grow(stage);
      await stage.steps.settle();
      const start: TailStart =
        from === 'after' ? { after: stage.log.rows[0]?.id ?? 'evt_' } : (from as 'start' | 'now');
      const opening = stage.tails.open(stage.log.org, 'sess_01KRWJR38XFMSY8PMCZS0ANP7Z', start, null);
      const refusal = expect(opening).rejects.toMatchObject({ code: 'session_not_found' });
      await stage.steps.settle();
      await refusal;
      stage.reconnected();
      expect(stage.calls.lastUs).toBe(0);
      expect((await live(stage)).reader.ids).toEqual(idsOf(stage));
    },
  );

  it('answers null for a position in another session, and leaves nothing behind', async () => {
    const stage = stageOf();
    grow(stage);
    const after = stage.log.rows[0]?.id ?? 'evt_';
    const opening = stage.tails.open(stage.log.org, stage.log.session(1), { after }, null);
    await stage.steps.settle();
    expect(await opening).toBe(null);
    stage.reconnected();
    expect(stage.calls.lastUs).toBe(0);
  });
});
