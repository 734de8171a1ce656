/** Tests of webhooks: one request each, now, that nothing is stored of. */

import type { Receipt } from '@turnlog/core/courier';
import { TurnlogError } from '@turnlog/core/errors';
import { makeId, type OrgId, type RequestId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import { eventText } from '@turnlog/core/plan/event-text';
import type { DeliveredEvent } from '@turnlog/core/webhook-store';
import type { Webhook } from '@turnlog/core/webhooks';
import type { Services } from '../services.ts';

const TYPE = 'webhook.test';

export class Tests {
  readonly #services: Services;
  readonly #underWay = new Map<OrgId, number>();

  constructor(services: Services) {
    this.#services = services;
  }

  /** Throws `overloaded` when as many of the org are under way as may be. */
  async send(org: OrgId, webhook: Webhook, requestId: RequestId): Promise<Receipt> {
    const underWay = this.#underWay.get(org) ?? 0;
    if (underWay >= limits.webhookTestsAtOnce) {
      const message = `${underWay} tests of this org are under way, which is as many as may be: try again when one is over.`;
      throw new TurnlogError('overloaded', message);
    }
    this.#underWay.set(org, underWay + 1);
    try {
      return await this.#send(org, webhook, requestId);
    } finally {
      const left = (this.#underWay.get(org) ?? 0) - 1;
      if (left > 0) this.#underWay.set(org, left);
      else this.#underWay.delete(org);
    }
  }

  async #send(org: OrgId, { id, dialect, url }: Webhook, requestId: RequestId): Promise<Receipt> {
    const { store, courier, writeLetter, nowUs } = this.#services;
    const secrets = await store.webhookSecrets(org, id);
    const event = this.#event({ webhook_id: id, url }, requestId);
    return courier.post(writeLetter({ org, dialect, url, event, secrets, sentUs: nowUs(), replay: null }));
  }

  #event(data: object, requestId: RequestId): DeliveredEvent {
    const { nowUs, random } = this.#services;
    const micros = nowUs();
    const id = makeId('evt', micros, random);
    const envelope = { sessionId: null, turnId: null, schemaVersion: '"1.0"', occurredAt: null, seq: null };
    const text = eventText({ id, type: TYPE, micros, ...envelope }, `"data":${JSON.stringify(data)}`);
    return { id, origin: 'server', requestId, text };
  }
}
