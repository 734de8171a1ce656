/** Background work shares commits with commands: it goes on beside a steady writer, a bounded number of rows at a time. */
import type { OrgId, TokenId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import { context, newKey, notes, tokenCommand } from '@turnlog/store-conformance/commands';
import { describe, expect, test } from 'vitest';
import { openStore } from '../src/index.ts';
import { newOrg, newSession, START_US } from './support/commands.ts';
import { newFile, numberIn } from './support/folder.ts';
import { Watched } from './support/watched.ts';

const SHARED_ROWS = limits.backgroundRows / 4;
const KEPT_US = limits.idempotencyKeptMs * 1000;

const eventsIn = (file: string) => numberIn(file, 'SELECT count(*) FROM events WHERE session <> 0');
const answersIn = (file: string) => numberIn(file, 'SELECT count(*) FROM idempotency');
const usedTokensIn = (file: string) => numberIn(file, 'SELECT count(*) FROM tokens WHERE last_used_us IS NOT NULL');

/** A writer that always has a command waiting: lets one commit at a time run, each with a command of an org. */
class SteadyWriter {
  readonly #watched: Watched;
  readonly #org: OrgId;
  #next: Promise<unknown>;

  constructor(watched: Watched, org: OrgId) {
    this.#watched = watched;
    this.#org = org;
    this.#next = this.#write();
  }

  /** Lets one commit run. */
  async commit(): Promise<void> {
    const running = this.#next;
    this.#next = this.#write();
    this.#watched.letThrough(1);
    await running;
    await this.#watched.standing();
  }

  /** A command that leaves no rows in the tables that these tests count. */
  #write(): Promise<unknown> {
    return this.#watched.store.createSession(
      this.#org,
      { externalId: null, agent: null, environmentId: null, title: null, metadata: {}, events: [] },
      context(),
    );
  }
}

/** How a count falls, commit by commit, until it stays. */
async function counts(writer: SteadyWriter, count: () => number): Promise<number[]> {
  const seen = [count()];
  for (;;) {
    await writer.commit();
    seen.push(count());
    if (seen.at(-1) === seen.at(-2)) return seen;
  }
}

const steps = (seen: readonly number[]) => seen.slice(1).map((value, n) => Math.abs(value - (seen[n] as number)));

async function usedTokens(watched: Watched, org: OrgId, count: number): Promise<Map<TokenId, Use>> {
  const made = Array.from({ length: count }, () => watched.store.createToken(org, tokenCommand(), context()));
  const usedUs = START_US + 5;
  return new Map((await Promise.all(made)).map(({ value }) => [value.id, { org, usedUs }]));
}

interface Use {
  readonly org: OrgId;
  readonly usedUs: number;
}

describe('purging a deleted session', () => {
  test('goes on beside a steady writer, at most a quarter of a quiet commit at a time, until nothing is left', async () => {
    const watched = new Watched();
    const org = newOrg(watched.store);
    const ref = await newSession(watched.store, org, { events: notes(320) });
    await watched.hold();
    const writer = new SteadyWriter(watched, org);
    await watched.standing();
    const deleted = watched.store.deleteSession(org, ref, context());
    await writer.commit();
    const seen = await counts(writer, () => eventsIn(watched.file));
    await deleted;
    expect(seen.at(-1)).toBe(0);
    expect(Math.max(...steps(seen))).toBe(SHARED_ROWS);
    expect(steps(seen).filter((removed) => removed > 0).length).toBeGreaterThanOrEqual(320 / SHARED_ROWS - 1);
    watched.release();
    await watched.store.settled();
    expect(numberIn(watched.file, 'SELECT count(*) FROM sessions WHERE deleted_us IS NOT NULL')).toBe(0);
    expect(numberIn(watched.file, 'SELECT count(*) FROM sessions')).toBe(
      numberIn(watched.file, 'SELECT count(*) FROM session_heads'),
    );
  });

  test('takes more rows of a commit that carries no command, but never more than 200', async () => {
    const watched = new Watched();
    const org = newOrg(watched.store);
    const ref = await newSession(watched.store, org, { events: notes(500) });
    const rest = await newSession(watched.store, org, { events: notes(450) });
    await watched.store.appendEvents(org, ref, notes(300), context());
    await watched.store.deleteSession(org, ref, context());
    await watched.store.deleteSession(org, rest, context());
    await watched.store.settled();
    expect(eventsIn(watched.file)).toBe(0);
    const batches = watched.batches();
    const quiet = batches.filter(({ orgs }, n) => n > 0 && orgs.length === 0);
    expect(quiet.length).toBeGreaterThanOrEqual(1_250 / limits.backgroundRows - 2);
    const changed = quiet.map((batch) => batch.changes - (batches[batches.indexOf(batch) - 1]?.changes ?? 0));
    // A session's last rows go together with the session and its head.
    expect(Math.max(...changed)).toBeLessThanOrEqual(limits.backgroundRows + 2);
  });

  test('goes on after a restart', async () => {
    const watched = new Watched();
    const org = newOrg(watched.store);
    const ref = await newSession(watched.store, org, { events: notes(400) });
    await watched.hold();
    const deleted = watched.store.deleteSession(org, ref, context());
    const closed = watched.store.close();
    watched.release();
    await Promise.all([deleted, closed]);
    expect(eventsIn(watched.file)).toBeGreaterThan(0);
    const again = new Watched({ file: watched.file });
    await again.store.settled();
    expect(eventsIn(watched.file)).toBe(0);
  });
});

describe('sweeping kept answers', () => {
  /** A file with answers kept at the start, and later ones; a clock to move. */
  async function fileWithAnswers(first: number, later: number) {
    const file = newFile();
    const clock = { us: START_US };
    const store = openStore({ file, nowUs: () => clock.us, onUnknown: () => {} });
    const org = newOrg(store);
    const ref = await newSession(store, org);
    const keep = async (count: number) => {
      const keys = Array.from({ length: count }, newKey);
      await Promise.all(keys.map((key) => store.appendEvents(org, ref, notes(1), context(key))));
      return keys;
    };
    const oldKeys = await keep(first);
    clock.us += 60_000_000;
    const newKeys = await keep(later);
    await store.close();
    return { file, clock, org, ref, oldKeys, newKeys };
  }

  test('removes what is older than 48 hours when the store opens, and nothing younger', async () => {
    const { file, clock, org, ref, oldKeys, newKeys } = await fileWithAnswers(450, 30);
    const [oldKey = expect.fail()] = oldKeys;
    const [newKeyOf = expect.fail()] = newKeys;
    clock.us = START_US + KEPT_US;
    const onTime = new Watched({ file, nowUs: () => clock.us });
    await onTime.store.settled();
    expect(answersIn(file), 'an answer of exactly 48 hours is kept').toBe(480);
    expect(await onTime.store.keptFingerprint(org, oldKey.key)).toBe(oldKey.fingerprint);
    await onTime.store.close();
    clock.us += 1;
    const late = new Watched({ file, nowUs: () => clock.us });
    await late.store.settled();
    expect(answersIn(file)).toBe(30);
    expect(await late.store.keptFingerprint(org, oldKey.key)).toBeNull();
    expect(await late.store.keptFingerprint(org, newKeyOf.key)).toBe(newKeyOf.fingerprint);
    expect(await late.store.appendEvents(org, ref, notes(1), context(oldKey))).toMatchObject({ replayed: false });
    expect(await late.store.appendEvents(org, ref, notes(1), context(newKeyOf))).toMatchObject({ replayed: true });
    const batches = late.batches();
    const changed = batches.map(({ changes }, n) => changes - (batches[n - 1]?.changes ?? 0));
    expect(changed.slice(0, 3)).toEqual([limits.backgroundRows, limits.backgroundRows, 50]);
  });

  test('an answer past its time is forgotten before it is swept', async () => {
    const { file, clock, org, ref, oldKeys } = await fileWithAnswers(1, 0);
    const [key = expect.fail()] = oldKeys;
    const watched = new Watched({ file, nowUs: () => clock.us });
    await watched.hold();
    clock.us = START_US + KEPT_US + 1;
    expect(answersIn(file)).toBe(1);
    expect(await watched.store.keptFingerprint(org, key.key)).toBeNull();
    watched.release();
    expect(await watched.store.appendEvents(org, ref, notes(1), context(key))).toMatchObject({ replayed: false });
    expect(answersIn(file)).toBe(1);
    expect(await watched.store.keptFingerprint(org, key.key)).toBe(key.fingerprint);
  });

  test('goes on beside a steady writer, a quarter of a quiet commit at a time', async () => {
    const { file, clock, org } = await fileWithAnswers(260, 0);
    clock.us = START_US + KEPT_US + 1;
    const watched = new Watched({ file, nowUs: () => clock.us, held: true });
    const writer = new SteadyWriter(watched, org);
    await watched.standing();
    watched.letThrough(1); // the commit of the opening, which carried no command
    await watched.standing();
    const seen = await counts(writer, () => answersIn(file));
    expect(seen).toEqual([60, 10, 0, 0]);
  });
});

describe('noting when tokens were used', () => {
  test('goes on beside a steady writer, a quarter of a quiet commit at a time', async () => {
    const watched = new Watched();
    const org = newOrg(watched.store);
    const uses = await usedTokens(watched, org, 120);
    await watched.hold();
    const writer = new SteadyWriter(watched, org);
    await watched.standing();
    watched.store.touchTokens(uses);
    await writer.commit();
    expect(await counts(writer, () => usedTokensIn(watched.file))).toEqual([0, 50, 100, 120, 120]);
    const { data } = await watched.store.listTokens(org, { order: 'asc', cursor: null, limit: 1000 });
    expect(data.filter(({ lastUsedUs }) => lastUsedUs === START_US + 5)).toHaveLength(120);
  });

  test('an earlier use never replaces a later one', async () => {
    const watched = new Watched();
    const org = newOrg(watched.store);
    const [[id, use] = expect.fail()] = [...(await usedTokens(watched, org, 1))];
    watched.store.touchTokens(new Map([[id, use]]));
    watched.store.touchTokens(new Map([[id, { org, usedUs: START_US - 1 }]]));
    await watched.store.settled();
    expect(numberIn(watched.file, 'SELECT max(last_used_us) FROM tokens')).toBe(START_US + 5);
  });
});

describe('all background work together', () => {
  test('changes at most 50 rows beside commands and 200 rows without them, in any commit', async () => {
    const clock = { us: START_US };
    const file = newFile();
    const first = openStore({ file, nowUs: () => clock.us, onUnknown: () => {} });
    const org = newOrg(first);
    const kept = await newSession(first, org);
    const doomed = await newSession(first, org, { events: notes(500) });
    const keyed = () => first.appendEvents(org, kept, notes(1), context(newKey()));
    await Promise.all(Array.from({ length: 300 }, keyed));
    await first.close();

    const watched = new Watched({ file, nowUs: () => clock.us });
    const uses = await usedTokens(watched, org, 150);
    await watched.store.deleteSession(org, doomed, context());
    await watched.store.close();
    clock.us += KEPT_US + 1;

    const again = new Watched({ file, nowUs: () => clock.us, held: true });
    again.store.touchTokens(uses);
    const writer = new SteadyWriter(again, org);
    again.letThrough(1); // the commit of the opening, which carried no command
    await again.standing();
    const left = () => eventsIn(file) - 300 + answersIn(file) - usedTokensIn(file);
    await counts(writer, left);
    again.release();
    await again.store.settled();
    expect([eventsIn(file), answersIn(file), usedTokensIn(file)]).toEqual([300, 0, 150]);
    const batches = again.batches();
    const ROWS_OF_A_NEW_SESSION = 6;
    for (const [n, { orgs, rows, changes }] of batches.entries()) {
      const changed = changes - (batches[n - 1]?.changes ?? 0);
      const own = orgs.length * ROWS_OF_A_NEW_SESSION;
      expect(changed, `commit ${n + 1} of ${batches.length}`).toBeLessThanOrEqual(rows + own + 2);
      expect(rows).toBe(orgs.length === 0 ? limits.backgroundRows : SHARED_ROWS);
    }
  });
});
