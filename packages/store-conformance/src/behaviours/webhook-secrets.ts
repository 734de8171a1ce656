/** Secrets of webhooks: kept as they are, valid until they are rotated away and their overlap is over. */
import { limits } from '@turnlog/core/limits';
import { describe, expect, test } from 'vitest';
import type { StoreHarness } from '../harness.ts';
import { context, random } from '../support/commands.ts';
import { plainSecrets, secretsOf } from '../support/reading.ts';
import { refusalCode } from '../support/refusals.ts';
import { type Sandbox, useStore } from '../support/sandbox.ts';
import { claim, type StagedWebhook, stageWebhook, webhookOf } from '../support/webhooks.ts';
import { gathered } from '../support/writes.ts';

export function describeWebhookSecrets(harness: StoreHarness): void {
  describe('secrets of webhooks', () => {
    const sandbox = useStore(harness);

    test.each([
      { what: 'zeros', sealed: new Uint8Array(44) },
      { what: 'every byte there is', sealed: Uint8Array.from({ length: 256 }, (_, n) => n) },
      { what: 'as many as the longest secret takes', sealed: random(limits.webhookSecretBytesMax + 64) },
    ])('sealed bytes come back as they went in: $what', async ({ sealed }) => {
      const { org, webhook, lane } = await stageWebhook(sandbox, { sealedSecret: sealed });
      const expected = [{ sealed: [...sealed], expiresUs: null }];
      expect(await secretsOf(sandbox.store, org, webhook.id)).toEqual(expected);
      expect(plainSecrets(lane.secrets)).toEqual(expected);
    });

    test('after a rotation both sign, the new one first, until the overlap is over', async () => {
      const { clock, store } = sandbox;
      const first = random(32);
      const staged = await stageWebhook(sandbox, { sealedSecret: first });
      const { org, webhook } = staged;
      clock.advanceSeconds(1);
      const expiresUs = clock.us + 60_000_000;
      const { sealed, webhook: value } = await rotate(sandbox, staged, 60);
      expect(value).toEqual({ ...webhook, updatedUs: clock.us, previousSecretExpiresUs: expiresUs });
      const both = [
        { sealed, expiresUs: null },
        { sealed: [...first], expiresUs },
      ];
      expect(await secretsOf(store, org, webhook.id)).toEqual(both);
      expect(await webhookOf(store, org, webhook.id)).toEqual(value);
      const lane = await claim(sandbox, org, webhook.id);
      expect(plainSecrets(lane.secrets)).toEqual(both);
      expect(lane.revision, 'its owner sees that it has changed').toBeGreaterThan(staged.lane.revision);
      clock.us = expiresUs;
      expect(await secretsOf(store, org, webhook.id)).toEqual([both[0]]);
      expect(await webhookOf(store, org, webhook.id)).toEqual({ ...value, previousSecretExpiresUs: null });
      expect(plainSecrets((await claim(sandbox, org, webhook.id)).secrets)).toEqual([both[0]]);
    });

    test('a rotation without an overlap ends every earlier secret at once', async () => {
      const staged = await stageWebhook(sandbox);
      await rotate(sandbox, staged, 3_600);
      const { sealed, webhook } = await rotate(sandbox, staged, 0);
      expect(webhook.previousSecretExpiresUs).toBeNull();
      expect(await secretsOf(sandbox.store, staged.org, webhook.id)).toEqual([{ sealed, expiresUs: null }]);
    });

    test('a later rotation gives no earlier secret more time than it had', async () => {
      const { clock, store } = sandbox;
      const staged = await stageWebhook(sandbox);
      const startUs = clock.us;
      await rotate(sandbox, staged, 10);
      const { webhook } = await rotate(sandbox, staged, 600);
      const found = await secretsOf(store, staged.org, webhook.id);
      expect(found.map(({ expiresUs }) => expiresUs)).toEqual([null, startUs + 600_000_000, startUs + 10_000_000]);
      expect(webhook.previousSecretExpiresUs).toBe(startUs + 600_000_000);
      await rotate(sandbox, staged, 5);
      const shortened = await secretsOf(store, staged.org, webhook.id);
      expect(shortened.map(({ expiresUs }) => expiresUs)).toEqual([null, ...Array(3).fill(startUs + 5_000_000)]);
      clock.advanceSeconds(6);
      await rotate(sandbox, staged, 600);
      expect(await secretsOf(store, staged.org, webhook.id), 'what had expired is not revived').toHaveLength(2);
    });

    test('too many secrets at once are refused, and change nothing', async () => {
      const { clock, store } = sandbox;
      const staged = await stageWebhook(sandbox);
      for (let n = 1; n < limits.webhookSecrets; n++) await rotate(sandbox, staged, 60);
      const before = await secretsOf(store, staged.org, staged.webhook.id);
      expect(before).toHaveLength(limits.webhookSecrets);
      expect(await refusalCode(rotate(sandbox, staged, 60))).toBe('secrets_overlap');
      expect(await secretsOf(store, staged.org, staged.webhook.id)).toEqual(before);
      clock.advanceSeconds(61);
      await rotate(sandbox, staged, 60);
      expect(await secretsOf(store, staged.org, staged.webhook.id)).toHaveLength(2);
      await rotate(sandbox, staged, 0);
      expect(await secretsOf(store, staged.org, staged.webhook.id)).toHaveLength(1);
    });

    test('two rotations at the same time leave the later one current, and both earlier ones signing', async () => {
      const staged = await stageWebhook(sandbox);
      const [first, second] = await Promise.all(
        await gathered(sandbox, () => [rotate(sandbox, staged, 60), rotate(sandbox, staged, 60)]),
      );
      const found = await secretsOf(sandbox.store, staged.org, staged.webhook.id);
      expect(found.map(({ sealed }) => sealed).slice(0, 2)).toEqual([second?.sealed, first?.sealed]);
      expect(found).toHaveLength(3);
    });
  });
}

async function rotate({ store }: Sandbox, { org, webhook }: StagedWebhook, overlapSeconds: number) {
  const sealedSecret = random(40);
  const { value } = await store.rotateWebhookSecret(org, webhook.id, { sealedSecret, overlapSeconds }, context());
  return { sealed: [...sealedSecret], webhook: value };
}
