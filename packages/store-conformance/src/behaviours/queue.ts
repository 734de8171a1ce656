/** The writer's queue is bounded: what it cannot take it refuses at once, and what it took is stored. */
import type { EventDraft } from '@turnlog/core/events';
import type { OrgId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import type { SessionRef } from '@turnlog/core/sessions';
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { byId, context, draftOfBytes, newKey, notes, sessionCommand } from '../support/commands.ts';
import { allEvents, sessionOf, viewOf } from '../support/reading.ts';
import { settle } from '../support/refusals.ts';
import { type Sandbox, withStore } from '../support/sandbox.ts';

export function describeQueue(harness: StoreHarness): void {
  describe('queue', () => {
    test('commands beyond 2,000 in the queue are refused as overloaded, and every other is stored', async () => {
      await withStore(harness, async (own) => {
        const org = await own.newOrg();
        const refs = await sessions(own, org);
        const count = limits.queueCommands + 2 * limits.commitCommands + 500;
        const { stored, refused } = await flood(own, org, refs, notes(1), count);
        expect(refused).toBeGreaterThan(0);
        expect(stored).toBeGreaterThanOrEqual(limits.queueCommands);
        await expectAlive(own, org, refs[0] ?? expect.fail());
      });
    });

    test('commands beyond 64 MiB in the queue are refused as overloaded, and every other is stored', async () => {
      await withStore(harness, async (own) => {
        const org = await own.newOrg();
        const refs = await sessions(own, org);
        const bytes = limits.eventBytes - 1_000;
        const batch = Array.from({ length: 8 }, () => draftOfBytes(bytes));
        const count = Math.ceil((limits.queueBytes + 4 * limits.commitBytes) / (8 * bytes)) + 10;
        const { stored, refused } = await flood(own, org, refs, batch, count);
        expect(refused).toBeGreaterThan(0);
        expect(stored * 8 * bytes).toBeGreaterThan(limits.queueBytes / 2);
        await expectAlive(own, org, refs[0] ?? expect.fail());
      });
    });
  });
}

async function sessions({ store }: Sandbox, org: OrgId): Promise<SessionRef[]> {
  const created = [1, 2, 3].map(() => store.createSession(org, sessionCommand(), context()));
  return (await Promise.all(created)).map(({ value }) => byId(value));
}

/** Hands in `count` commands at once: how many were stored, each exactly once, and how many were refused. */
async function flood(
  { store }: Sandbox,
  org: OrgId,
  refs: readonly SessionRef[],
  batch: readonly EventDraft[],
  count: number,
): Promise<{ readonly stored: number; readonly refused: number }> {
  const append = (n: number) =>
    store.appendEvents(org, refs[n % refs.length] ?? expect.fail(), batch, context(n % 5 === 0 ? newKey() : null));
  const { values, refusals } = await settle(Array.from({ length: count }, (_, n) => append(n)));
  expect(values.length + refusals.length).toBe(count);
  expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(refusals.length > 0 ? ['overloaded'] : []));
  const answered = new Set(values.flatMap(({ value }) => value.map((text) => viewOf(text).id)));
  const found: string[] = [];
  for (const ref of refs) {
    const events = await allEvents(store, org, ref);
    expect(events.map(({ text }) => viewOf(text).seq)).toEqual(events.map((_, n) => n + 1));
    expect((await sessionOf(store, org, ref)).eventCount).toBe(events.length);
    found.push(...events.map(({ id }) => id));
  }
  expect(found).toHaveLength(answered.size);
  expect(found.every((id) => answered.has(id as `evt_${string}`))).toBe(true);
  return { stored: values.length, refused: refusals.length };
}

/** The queue has room again. */
async function expectAlive({ store }: Sandbox, org: OrgId, ref: SessionRef): Promise<void> {
  const { value } = await store.appendEvents(org, ref, notes(2), context());
  expect(value).toHaveLength(2);
}
