/** Reading webhooks and the secrets that sign for them. */
import type { NowMicros } from '@turnlog/core/clock';
import type { PageQuery } from '@turnlog/core/cursors';
import { webhookNotFound } from '@turnlog/core/errors';
import type { WebhookId } from '@turnlog/core/ids';
import type { Page } from '@turnlog/core/store';
import type { SealedSecret, Webhook } from '@turnlog/core/webhooks';
import {
  findSecrets,
  findWebhook,
  findWebhookNumber,
  SELECT_WEBHOOKS,
  toWebhook,
  type WebhookRow,
} from '../webhook-rows.ts';
import { pageById } from './page-by-id.ts';
import type { Reader } from './reader.ts';

export class WebhookReader {
  readonly #reader: Reader;
  readonly #nowUs: NowMicros;

  constructor(reader: Reader, nowUs: NowMicros) {
    this.#reader = reader;
    this.#nowUs = nowUs;
  }

  /** Null: no such webhook in this org. */
  get(org: number, id: WebhookId): Webhook | null {
    return findWebhook(this.#reader.statements, org, id, this.#nowUs())?.webhook ?? null;
  }

  list(org: number, query: PageQuery<'wh'>): Page<Webhook> {
    const nowUs = this.#nowUs();
    const source = { select: SELECT_WEBHOOKS, id: 'w.id' };
    return pageById<WebhookRow, Webhook>(this.#reader.statements, source, org, query, (row) => toWebhook(row, nowUs));
  }

  /** `webhook_not_found`. */
  secrets(org: number, id: WebhookId): readonly SealedSecret[] {
    return this.#reader.snapshot(() => {
      const no = findWebhookNumber(this.#reader.statements, org, id);
      if (no === undefined) throw webhookNotFound(id);
      return findSecrets(this.#reader.statements, org, no, this.#nowUs());
    });
  }
}
