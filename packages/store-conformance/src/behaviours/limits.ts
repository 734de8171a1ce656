/** Bounds: a page ends at a thousand records or four megabytes, and goes on from there. */
import type { StoredEvent } from '@turnlog/core/events';
import { utf8Length } from '@turnlog/core/json';
import { limits } from '@turnlog/core/limits';
import type { Session } from '@turnlog/core/sessions';
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { byId, context, draftOfBytes, notes, sessionCommand, sessionQuery } from '../support/commands.ts';
import { allEvents, eventPage, sessionOf, viewOf, walk } from '../support/reading.ts';
import { refusal } from '../support/refusals.ts';
import { useStore } from '../support/sandbox.ts';

export function describeLimits(harness: StoreHarness): void {
  describe('limits', () => {
    const sandbox = useStore(harness);

    test('a page of events ends early at 4 MiB, says that there is more, and goes on without a gap', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { value: session } = await store.createSession(org, sessionCommand(), context());
      const ref = byId(session);
      const large = [draftOfBytes(limits.eventBytes), draftOfBytes(limits.eventBytes, '語'), ...notes(2)];
      for (let n = 0; n < 11; n++) await store.appendEvents(org, ref, large, context());
      const all = await walk<'evt', StoredEvent>((query) => eventPage(store, org, ref, query), {
        order: 'asc',
        direction: 'after',
        limit: 1,
      });
      expect(all).toHaveLength(44);
      for (const order of ['asc', 'desc'] as const) {
        for (const direction of ['after', 'before'] as const) {
          for (const types of [null, ['*'], ['note.large']]) {
            const sizes: number[] = [];
            const read = async (query: object) => {
              const page = await eventPage(store, org, ref, { ...query, types });
              const bytes = page.data.reduce((sum, { text }) => sum + utf8Length(text), 0);
              expect(bytes).toBeLessThanOrEqual(limits.pageBytes);
              if (page.hasMore && page.data.length > 1) {
                expect(bytes).toBeGreaterThan(limits.pageBytes - 2 * limits.eventBytes);
                sizes.push(bytes);
              }
              return page;
            };
            const walked = await walk<'evt', StoredEvent>(read, { order, direction, limit: 1000 });
            const expected = all.filter(({ text }) => types?.[0] !== 'note.large' || utf8Length(text) > 1000);
            const ids = expected.map(({ id }) => id);
            expect(walked.map(({ id }) => id)).toEqual(order === 'asc' ? ids : ids.toReversed());
            expect(sizes).toHaveLength(1);
          }
        }
      }
    });

    test('a page holds a thousand small events, and says exactly whether there are more', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { value: session } = await store.createSession(org, sessionCommand(), context());
      const ref = byId(session);
      for (let n = 0; n < 2; n++) await store.appendEvents(org, ref, notes(limits.batchEvents), context());
      for (const order of ['asc', 'desc'] as const) {
        for (const types of [null, ['note.*']]) {
          const full = await eventPage(store, org, ref, { order, types });
          expect({ length: full.data.length, hasMore: full.hasMore }).toEqual({ length: 1000, hasMore: false });
        }
      }
      await store.appendEvents(org, ref, notes(1), context());
      for (const order of ['asc', 'desc'] as const) {
        const full = await eventPage(store, org, ref, { order });
        expect({ length: full.data.length, hasMore: full.hasMore }).toEqual({ length: 1000, hasMore: true });
        const cursor = { direction: 'after', id: full.data.at(-1)?.id ?? 'evt_' } as const;
        const rest = await eventPage(store, org, ref, { order, cursor });
        expect({ length: rest.data.length, hasMore: rest.hasMore }).toEqual({ length: 1, hasMore: false });
      }
    });

    test('a page of sessions ends early at 4 MiB, too, and goes on without a gap in every direction', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const metadata = Object.fromEntries(
        Array.from({ length: limits.metadataPairs }, (_, n) => [
          `key-${n}`,
          '\u{1f600}'.repeat(limits.metadataValueCharacters),
        ]),
      );
      const made = await Promise.all(
        Array.from({ length: 60 }, () => store.createSession(org, sessionCommand({ metadata }), context())),
      );
      const ids = made.map(({ value }) => value.id).sort();
      const first = await store.listSessions(org, sessionQuery({ order: 'asc', limit: 1000 }));
      const bytes = first.data.reduce((sum, session) => sum + utf8Length(JSON.stringify(session)), 0);
      expect(first.hasMore).toBe(true);
      expect(bytes).toBeGreaterThan(limits.pageBytes / 2);
      expect(bytes).toBeLessThanOrEqual(limits.pageBytes);
      for (const order of ['asc', 'desc'] as const) {
        for (const direction of ['after', 'before'] as const) {
          const read = (query: object) => store.listSessions(org, sessionQuery(query));
          const walked = await walk<'sess', Session>(read, { order, direction, limit: 1000 });
          expect(walked.map(({ id }) => id)).toEqual(order === 'asc' ? ids : ids.toReversed());
        }
      }
    });

    test('a rare type is found among thousands of others, from both ends', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const { value: session } = await store.createSession(
        org,
        sessionCommand({ events: notes(1, 'note.rare') }),
        context(),
      );
      const ref = byId(session);
      const many = Array.from({ length: limits.batchEvents }, (_, n) => notes(1, `note.kind${n % 30}`)).flat();
      for (let n = 0; n < 6; n++) await store.appendEvents(org, ref, many, context());
      await store.appendEvents(org, ref, notes(1, 'note.rare'), context());
      const rare = await allEvents(store, org, ref, { types: ['note.rare'] });
      expect(rare).toHaveLength(2);
      for (const order of ['asc', 'desc'] as const) {
        const inOrder = order === 'asc' ? rare : rare.toReversed();
        const first = await eventPage(store, org, ref, { order, limit: 1, types: ['*rare*'] });
        expect(first).toEqual({ data: inOrder.slice(0, 1), hasMore: true });
        const cursor = { direction: 'after', id: first.data[0]?.id ?? 'evt_' } as const;
        const second = await eventPage(store, org, ref, { order, limit: 1, cursor, types: ['note.rare', 'note.none'] });
        expect(second).toEqual({ data: inOrder.slice(1), hasMore: false });
      }
      const kinds = Array.from({ length: 20 }, (_, n) => `note.kind${n}`);
      const merged = await allEvents(store, org, ref, { types: kinds });
      expect(merged).toHaveLength(6 * many.filter(({ type }) => kinds.includes(type)).length);
    });

    test('events of many rare types are found though more rows lie between them than one turn may read', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const odd = Array.from({ length: 20 }, (_, n) => notes(1, `odd.kind${n}`)).flat();
      await store.createSession(org, sessionCommand({ events: odd }), context());
      const { value: session } = await store.createSession(org, sessionCommand(), context());
      const ref = byId(session);
      const gap = limits.readRows;
      const all = [...odd.slice(0, 1), ...notes(gap), ...odd.slice(1, 2), ...notes(gap - 1), ...odd.slice(2, 4)];
      for (let at = 0; at < all.length; at += limits.batchEvents) {
        await store.appendEvents(org, ref, all.slice(at, at + limits.batchEvents), context());
      }
      const seqs = [1, gap + 2, 2 * gap + 2, 2 * gap + 3];
      for (const types of [['odd.*'], odd.map(({ type }) => type)]) {
        for (const order of ['asc', 'desc'] as const) {
          for (const direction of ['after', 'before'] as const) {
            for (const limit of [1, 2, 1000]) {
              const read = (query: object) => eventPage(store, org, ref, { ...query, types });
              const walked = await walk<'evt', StoredEvent>(read, { order, direction, limit });
              expect(walked.map(({ text }) => viewOf(text).seq)).toEqual(order === 'asc' ? seqs : seqs.toReversed());
            }
          }
        }
      }
    });

    test('a page holds a thousand sessions, and says exactly whether there are more', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const create = () => store.createSession(org, sessionCommand({ metadata: { team: 'blue' } }), context());
      await Promise.all(Array.from({ length: limits.pageMax }, create));
      const read = (metadata: Record<string, string>) => store.listSessions(org, sessionQuery({ metadata }));
      for (const metadata of [{}, { team: 'blue' }]) {
        const page = await read(metadata);
        expect({ length: page.data.length, hasMore: page.hasMore }).toEqual({ length: 1000, hasMore: false });
      }
      await create();
      for (const metadata of [{}, { team: 'blue' }]) {
        const page = await read(metadata);
        expect({ length: page.data.length, hasMore: page.hasMore }).toEqual({ length: 1000, hasMore: true });
      }
      const walked = await walk<'sess', Session>((query) => store.listSessions(org, sessionQuery(query)), {
        order: 'desc',
        direction: 'before',
        limit: 333,
      });
      expect(new Set(walked.map(({ id }) => id)).size).toBe(1001);
    });

    test('a session that matches a rare filter is found among many that do not', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const rare = () =>
        store.createSession(
          org,
          sessionCommand({ agent: { id: 'rare', version: null }, metadata: { k: 'rare' } }),
          context(),
        );
      const first = (await rare()).value;
      const common = (n: number) =>
        store.createSession(
          org,
          sessionCommand({ agent: { id: 'common', version: null }, metadata: { k: 'common', n: String(n) } }),
          context(),
        );
      await Promise.all(Array.from({ length: 1_500 }, (_, n) => common(n)));
      const last = (await rare()).value;
      await store.archiveSession(org, byId(first), context());
      const find = (fields: object) => store.listSessions(org, sessionQuery({ limit: 1, order: 'desc', ...fields }));
      for (const filter of [{ agentId: 'rare' }, { metadata: { k: 'rare' } }]) {
        expect(await find({ ...filter, includeArchived: false })).toEqual({ data: [last], hasMore: false });
        const cursor = { direction: 'after', id: last.id };
        const { data, hasMore } = await find({ ...filter, cursor });
        expect({ ids: data.map(({ id }) => id), hasMore }).toEqual({ ids: [first.id], hasMore: false });
      }
      const both = await find({ metadata: { k: 'common', n: '7' } });
      expect({ length: both.data.length, hasMore: both.hasMore }).toEqual({ length: 1, hasMore: false });
      expect(await find({ agentId: 'common', metadata: { k: 'rare' } })).toEqual({ data: [], hasMore: false });
    });

    test('a session has at most fifty pairs of metadata after a merge, deletions counted', async () => {
      const { store } = sandbox;
      const org = await sandbox.newOrg();
      const pairs = Array.from({ length: limits.metadataPairs }, (_, n) => [`k${n}`, `${n}`]);
      const { value: session } = await store.createSession(
        org,
        sessionCommand({ metadata: Object.fromEntries(pairs) as Record<string, string> }),
        context(),
      );
      const update = (metadata: Record<string, string | null>) =>
        store.updateSession(org, byId(session), { title: 'changed', metadata }, context());
      expect((await refusal(update({ more: 'x' }))).code).toBe('invalid_request');
      expect(await sessionOf(store, org, byId(session))).toEqual(session);
      const { value } = await update({ more: 'x', k7: null });
      expect(Object.keys(value.metadata)).toHaveLength(limits.metadataPairs);
      expect(value.metadata).toMatchObject({ more: 'x', k0: '0' });
      expect(Object.hasOwn(value.metadata, 'k7')).toBe(false);
    });
  });
}
