/** Group commit: what gathers while a commit runs goes into the next one together, fairly and within bounds. */
import type { OrgId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { SessionRef } from '@turnlog/core/sessions';
import { context, draft, newKey, notes, sessionCommand } from '@turnlog/store-conformance/commands';
import { describe, expect, test } from 'vitest';
import { openStore } from '../src/index.ts';
import { allTexts, failure, newOrg, newSession, noteOf, START_US, sessionOf } from './support/commands.ts';
import { inspect, numberIn } from './support/folder.ts';
import type { BatchRecord } from './support/watch-cell.ts';
import { kept, Watched } from './support/watched.ts';

const MIB = 1024 * 1024;

/** A watched store with a session that can be appended to. */
class Log extends Watched {
  async newPlace(): Promise<Place> {
    const org = newOrg(this.store);
    return { org, ref: await newSession(this.store, org) };
  }

  append({ org, ref }: Place, events = notes(1)): Promise<unknown> {
    return kept(this.store.appendEvents(org, ref, events, context()));
  }

  /** Records of the batches that carried commands since `hold`. */
  async batchesSince(count: number): Promise<BatchRecord[]> {
    await this.store.settled();
    return this.batches()
      .slice(count)
      .filter(({ orgs }) => orgs.length > 0);
  }
}

interface Place {
  readonly org: OrgId;
  readonly ref: SessionRef;
}

async function held(): Promise<{ readonly log: Log; readonly place: Place; readonly before: number }> {
  const log = new Log();
  const place = await log.newPlace();
  await log.hold();
  return { log, place, before: log.batches().length };
}

const times = <Value>(count: number, make: (n: number) => Value): Value[] =>
  Array.from({ length: count }, (_, n) => make(n));

describe('group commit', { timeout: 60_000 }, () => {
  test('takes what has gathered while a commit ran into the next one, together', async () => {
    const { log, place, before } = await held();
    const first = log.append(place);
    await log.standing();
    const rest = times(50, () => log.append(place));
    const { commits = 0 } = log.batches().at(-1) ?? {};
    log.release();
    await Promise.all([first, ...rest]);
    const batches = await log.batchesSince(before);
    expect(batches.map(({ orgs }) => orgs.length)).toEqual([1, 50]);
    expect(batches.map((batch) => batch.commits - commits)).toEqual([1, 2]);
    expect(await sessionOf(log.store, place.org, place.ref)).toMatchObject({ eventCount: 51 });
  });

  test('stores the commands of one org in the order in which they came', async () => {
    const { log, place } = await held();
    const appends = times(600, (n) => log.append(place, [draft({ type: 'note.added', n })]));
    log.release();
    await Promise.all(appends);
    const texts = await allTexts(log.store, place.org, place.ref);
    expect(texts.map((text) => (JSON.parse(text) as { n: number }).n)).toEqual(times(600, (n) => n));
  });

  test('puts at most 256 commands into a commit', async () => {
    const { log, place, before } = await held();
    const appends = times(1 + 700, () => log.append(place));
    log.release();
    await Promise.all(appends);
    const sizes = (await log.batchesSince(before)).map(({ orgs }) => orgs.length);
    expect(sizes).toEqual([1, 256, 256, 188]);
  });

  test('puts at most 4 MiB into a commit, unless one command alone has more', async () => {
    const { log, place, before } = await held();
    const large = () => times(8, () => noteOf(limits.eventBytes - 1_000));
    const appends = [log.append(place), ...times(6, () => log.append(place, [noteOf(500_000 / 2)]))];
    appends.push(log.append(place, [...large(), ...large()]), log.append(place));
    log.release();
    await Promise.all(appends);
    const batches = await log.batchesSince(before);
    expect(batches.map(({ orgs }) => orgs.length)).toEqual([1, 6, 1, 1]);
  });

  test('counts events without members of their own for what they become, too', async () => {
    const { log, place, before } = await held();
    const tiny = times(500, () => draft({ type: 'a' }));
    const appends = times(1 + 60, () => log.append(place, tiny));
    log.release();
    await Promise.all(appends);
    const textBytes = numberIn(log.file, 'SELECT sum(length(text)) FROM events');
    const perCommand = textBytes / 61;
    for (const { orgs } of await log.batchesSince(before)) {
      expect(orgs.length * perCommand).toBeLessThan(limits.commitBytes);
    }
  });
});

describe('fairness', { timeout: 60_000 }, () => {
  test('gives every org a turn in the next commit, however many commands another has waiting', async () => {
    const { log, place: busy, before } = await held();
    const quiet = [await quietPlace(log), await quietPlace(log)] as const;
    await log.hold();
    const skipped = log.batches().length - before;
    const appends = [log.append(busy)];
    await log.standing();
    appends.push(...times(1_000, () => log.append(busy)));
    appends.push(...times(3, () => log.append(quiet[0])), log.append(quiet[1]));
    log.release();
    await Promise.all(appends);
    const [, next] = await log.batchesSince(before + skipped);
    const of = (place: Place) => next?.orgs.filter((org) => org === place.org).length;
    expect([of(quiet[0]), of(quiet[1]), of(busy)]).toEqual([3, 1, 252]);
  });

  test('serves more orgs than fit into a commit in turn: none waits for another to run dry', async () => {
    const log = new Log();
    const places = await Promise.all(times(300, () => log.newPlace()));
    await log.hold();
    const before = log.batches().length;
    const [first = expect.fail()] = places;
    const appends = [log.append(first)];
    await log.standing();
    for (const place of places) appends.push(log.append(place), log.append(place));
    log.release();
    await Promise.all(appends);
    const [, next, after] = await log.batchesSince(before);
    const firstTurns = new Set([...(next?.orgs ?? []), ...(after?.orgs.slice(0, 44) ?? [])]);
    expect(firstTurns.size, 'every org has its first turn before any has its second').toBe(300);
  });

  test('lets no org wait behind others whose commands are large', async () => {
    const log = new Log();
    const places = [await log.newPlace(), await log.newPlace(), await log.newPlace()] as const;
    await log.hold();
    const before = log.batches().length;
    const large = times(4, () => noteOf(200_000));
    const appends = [log.append(places[0])];
    await log.standing();
    for (const place of places) appends.push(...times(4, () => log.append(place, large)));
    log.release();
    await Promise.all(appends);
    const orgs = (await log.batchesSince(before)).slice(1).flatMap((batch) => batch.orgs);
    expect(orgs).toEqual(times(4, () => places.map(({ org }) => org)).flat());
  });
});

async function quietPlace(log: Log): Promise<Place> {
  log.release();
  return log.newPlace();
}

describe('the queue', { timeout: 60_000 }, () => {
  test('takes 2,000 commands beside the running commit, refuses the next as overloaded, and stores all it took', async () => {
    const { log, place } = await held();
    const running = log.append(place);
    await log.standing();
    const accepted = times(limits.queueCommands, () => log.append(place));
    const refused = times(3, () => log.append(place));
    for (const promise of refused) expect(await failure(promise)).toMatchObject({ code: 'overloaded' });
    log.release();
    await Promise.all([running, ...accepted]);
    expect(await sessionOf(log.store, place.org, place.ref)).toMatchObject({ eventCount: 1 + limits.queueCommands });
    await log.append(place);
  });

  test('takes 64 MiB beside the running commit, refuses what goes beyond as overloaded, and stores all it took', async () => {
    const { log, place } = await held();
    const running = log.append(place);
    await log.standing();
    const large = times(8, () => noteOf(limits.eventBytes - 1_000));
    const heldBytes = 2 * large.reduce((bytes, { fields }) => bytes + fields.length, 0);
    const appends = times(30, () => log.append(place, large));
    log.release();
    const ends = await Promise.allSettled(appends);
    const accepted = ends.findIndex(({ status }) => status === 'rejected');
    expect(ends.slice(accepted)).toEqual(
      times(30 - accepted, () => ({ status: 'rejected', reason: expect.objectContaining({ code: 'overloaded' }) })),
    );
    expect(accepted * heldBytes).toBeLessThanOrEqual(64 * MIB);
    expect((accepted + 1) * heldBytes).toBeGreaterThan(63 * MIB);
    await running;
    expect(await sessionOf(log.store, place.org, place.ref)).toMatchObject({ eventCount: 1 + 8 * accepted });
    await log.append(place);
  });

  test('counts metadata, too', async () => {
    const { log, place } = await held();
    const running = log.append(place);
    await log.standing();
    const pairs = times(limits.metadataPairs, (n) => [`key ${n}`, 'x'.repeat(limits.metadataValueCharacters)]);
    const update = { title: undefined, metadata: Object.fromEntries(pairs) as Record<string, string> };
    const writes = times(limits.queueCommands, () =>
      kept(log.store.updateSession(place.org, place.ref, update, context())),
    );
    log.release();
    const ends = await Promise.allSettled([running, ...writes]);
    const heldBytes = 2 * JSON.stringify(update).length;
    expect(ends.filter(({ status }) => status === 'fulfilled').length * heldBytes).toBeLessThan(68 * MIB);
  });
});

describe('a command that fails unexpectedly', { timeout: 60_000 }, () => {
  test('fails alone: its neighbours in the commit are stored, and so is what comes after', async () => {
    const { log, place } = await held();
    plantPoison(log.file);
    const running = log.append(place);
    await log.standing();
    const before = times(5, () => log.append(place));
    const poisoned = log.append(place, [draft({ type: 'note.added', text: 'a poison' })]);
    const after = times(5, () => log.append(place));
    log.release();
    expect(await failure(poisoned)).toMatchObject({ code: 'internal' });
    await Promise.all([running, ...before, ...after]);
    await log.append(place);
    expect(await sessionOf(log.store, place.org, place.ref)).toMatchObject({ eventCount: 12 });
    expect((await allTexts(log.store, place.org, place.ref)).map(seqOf)).toEqual(times(12, (n) => n + 1));
    expect(log.unknown).toEqual([]);
  });

  test('leaves no trace: its key is free and its session does not exist', async () => {
    const { log, place } = await held();
    plantPoison(log.file);
    log.release();
    const [key, externalId] = [newKey(), 'poisoned'];
    const command = sessionCommand({ externalId, events: [draft({ type: 'note.added', text: 'a poison' })] });
    expect(await failure(log.store.createSession(place.org, command, context(key)))).toMatchObject({
      code: 'internal',
    });
    expect(await log.store.getSession(place.org, { externalId })).toBeNull();
    expect(await log.store.keptFingerprint(place.org, key.key)).toBeNull();
    inspect(log.file, (db) => db.exec('DROP TRIGGER poison'));
    expect(await log.store.createSession(place.org, command, context(key))).toMatchObject({ replayed: false });
  });
});

/** From now on an event whose text has the word "poison" breaks a constraint that no plan knows of. */
function plantPoison(file: string): void {
  inspect(file, (db) =>
    db.exec(`CREATE TRIGGER poison BEFORE INSERT ON events WHEN NEW.text LIKE '%poison%'
             BEGIN SELECT RAISE(ABORT, 'a planted constraint'); END`),
  );
}

function seqOf(text: string): number {
  return (JSON.parse(text) as { seq: number }).seq;
}

describe('closing', { timeout: 60_000 }, () => {
  test('finishes what was accepted, and then refuses', async () => {
    const { log, place } = await held();
    const accepted = times(700, () => log.append(place));
    const closed = log.store.close();
    expect(await failure(log.append(place))).toMatchObject({ code: 'shutting_down' });
    log.release();
    await Promise.all([closed, ...accepted]);
    expect(numberIn(log.file, 'SELECT count(*) FROM events WHERE session <> 0')).toBe(700);
  });
});

describe("the death of the writer's thread", { timeout: 60_000 }, () => {
  test.each([
    { death: 'before', how: 'ends before its commit', stored: 0 },
    { death: 'throw', how: 'throws after its commit', stored: 1 },
    { death: 'after', how: 'ends between its commit and its answer', stored: 1 },
  ] as const)('that $how leaves the running commit unknown, refuses what waits, and is told once', async (kind) => {
    const { log, place } = await held();
    const key = newKey();
    const write = (store = log.store) => store.appendEvents(place.org, place.ref, notes(1), context(key));
    const running = kept(write());
    await log.standing();
    const waiting = times(5, () => log.append(place));
    log.die(kind.death);
    log.release();
    expect(await failure(running)).toMatchObject({ code: 'outcome_unknown' });
    for (const promise of waiting) expect(await failure(promise)).toMatchObject({ code: 'shutting_down' });
    expect(await failure(log.append(place))).toMatchObject({ code: 'shutting_down' });
    expect(await sessionOf(log.store, place.org, place.ref), 'reads go on').toMatchObject({ eventCount: kind.stored });
    await log.store.settled();
    await log.store.close();
    expect(log.unknown).toHaveLength(1);
    const again = openStore({ file: log.file, nowUs: () => START_US, onUnknown: () => {} });
    expect(await write(again), 'the same request again has one effect').toMatchObject({ replayed: kind.stored === 1 });
    expect(await sessionOf(again, place.org, place.ref)).toMatchObject({ eventCount: 1 });
    await again.close();
  });

  test('at rest is told once, too', async () => {
    const { log, place } = await held();
    log.release();
    log.die('before');
    expect(await failure(log.append(place))).toMatchObject({ code: 'outcome_unknown' });
    await log.store.close();
    expect(log.unknown).toEqual(["The writer's thread ended."]);
  });
});
