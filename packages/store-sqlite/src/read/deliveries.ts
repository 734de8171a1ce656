/** Reading the delivery log of a webhook, what waits for another attempt, and what that holds up. */
import { readsAscending } from '@turnlog/core/cursors';
import {
  DELIVERY_STATES,
  type Delivery,
  type DeliveryQuery,
  type DeliverySummary,
  type WaitingDelivery,
} from '@turnlog/core/deliveries';
import { webhookNotFound } from '@turnlog/core/errors';
import { type DeliveryId, idFromBytes, type WebhookId } from '@turnlog/core/ids';
import type { Block, DeliveryPage, LaneStore } from '@turnlog/core/webhook-store';
import { type DeliveredTo, findDelivery, summaryAt } from '../delivery-rows.ts';
import type { Statements } from '../statements.ts';
import { findWebhookNumber } from '../webhook-rows.ts';
import { type Bounds, boundsOf, fillBetween } from './bounds.ts';
import type { LookEnd } from './feed-scan.ts';
import { FillingPage } from './filling-page.ts';
import type { Reader } from './reader.ts';
import type { TypeNumbers } from './types.ts';

type Waiting = Awaited<ReturnType<LaneStore['waitingDeliveries']>>;

interface WaitingRow {
  readonly id: Uint8Array;
  readonly event: Uint8Array;
  readonly type: string;
  readonly session: Uint8Array | null;
  readonly state: number;
  readonly next_us: number;
}

/** The part of a row by which a list chooses. */
interface Chosen {
  readonly id: Uint8Array;
  readonly state: number;
  readonly type_no: number;
}

export class DeliveryReader {
  readonly #reader: Reader;
  readonly #types: TypeNumbers;

  constructor(reader: Reader, types: TypeNumbers) {
    this.#reader = reader;
    this.#types = types;
  }

  /** Null: no such delivery of this webhook, or no such webhook. */
  get(org: number, webhook: WebhookId, id: DeliveryId): Delivery | null {
    return this.#reader.snapshot(() => {
      const no = findWebhookNumber(this.#statements, org, webhook);
      const found = no === undefined ? undefined : findDelivery(this.#statements, org, { no, id: webhook }, id);
      if (!found) return null;
      const { resentAfter: _, manual: __, ...delivery } = found;
      return delivery;
    });
  }

  /** `webhook_not_found`, also when the webhook is deleted between two slices. */
  async list(org: number, webhook: WebhookId, query: DeliveryQuery): Promise<DeliveryPage> {
    const ascending = readsAscending(query);
    const page = new FillingPage<DeliverySummary>(query.limit);
    const { lookedAt, hasMore } = await fillBetween(boundsOf(query), ascending, page, (bounds, rows) =>
      this.#reader.snapshot(() => this.#look(org, webhook, query, { ...bounds, rows }, page)),
    );
    return {
      data: ascending === (query.order === 'desc') ? page.data.toReversed() : page.data,
      hasMore,
      scannedThrough: lookedAt === null ? (query.cursor?.id ?? null) : idFromBytes('del', lookedAt),
    };
  }

  /** The earliest first; and how many of them are `retrying`. */
  waiting(org: number, webhook: WebhookId, limit: number): Waiting {
    return this.#reader.snapshot(() => {
      const no = findWebhookNumber(this.#statements, org, webhook);
      if (no === undefined) return { data: [], retrying: 0 };
      const rows = this.#statements.rows<WaitingRow>(
        `SELECT d.id, d.event, t.name AS type, d.session, d.state, d.next_us
         FROM deliveries d INDEXED BY deliveries_next JOIN types t ON t.org = d.org AND t.no = d.type_no
         WHERE d.org = ? AND d.webhook = ? AND d.next_us IS NOT NULL ORDER BY d.next_us LIMIT ?`,
        org,
        no,
        limit,
      );
      const text = `SELECT count(*) AS n FROM deliveries INDEXED BY deliveries_retrying
        WHERE org = ? AND webhook = ? AND state = 1`;
      return { data: rows.map(toWaiting), retrying: this.#statements.row<{ n: number }>(text, org, no)?.n ?? 0 };
    });
  }

  blocks(org: number, webhook: WebhookId): readonly Block[] {
    return this.#reader.snapshot(() => {
      const no = findWebhookNumber(this.#statements, org, webhook);
      if (no === undefined) return [];
      const rows = this.#statements.rows<{ session: Uint8Array; after: Uint8Array; waiting: number }>(
        'SELECT session, after, waiting FROM blocks WHERE org = ? AND webhook = ? ORDER BY session',
        org,
        no,
      );
      return rows.map(({ session, after, waiting }) => ({
        session: idFromBytes('sess', session),
        after: idFromBytes('evt', after),
        waiting: waiting === 1,
      }));
    });
  }

  get #statements(): Statements {
    return this.#reader.statements;
  }

  /** Puts matching deliveries of one slice on a page. */
  #look(
    org: number,
    webhook: WebhookId,
    query: DeliveryQuery,
    slice: Bounds & { readonly rows: number },
    page: FillingPage<DeliverySummary>,
  ): LookEnd | 'behind' {
    const no = findWebhookNumber(this.#statements, org, webhook);
    if (no === undefined) throw webhookNotFound(webhook);
    const numbers = query.types === null ? null : this.#types.matching(org, query.types);
    if (numbers === 'behind') return numbers;
    const types = numbers && new Set(numbers);
    const states = query.states && new Set(query.states.map((state) => DELIVERY_STATES.indexOf(state)));
    const to: DeliveredTo = { no, id: webhook };
    const rows = this.#rows(org, no, slice, readsAscending(query));
    let lookedAt: Uint8Array | null = null;
    for (const { id, state, type_no } of rows) {
      if ((states === null || states.has(state)) && (types === null || types.has(type_no))) {
        const { summary, bytes } = summaryAt(this.#statements, org, to, id);
        if (!page.add(summary, bytes)) return { lookedAt, exhausted: false };
      }
      lookedAt = id;
    }
    return { lookedAt, exhausted: rows.length < slice.rows };
  }

  #rows(org: number, webhook: number, { low, high, rows }: Bounds & { readonly rows: number }, ascending: boolean) {
    const text = `SELECT id, state, type_no FROM deliveries
      WHERE org = ? AND webhook = ? AND id > ? AND id < ? ORDER BY id ${ascending ? 'ASC' : 'DESC'} LIMIT ?`;
    return this.#statements.rows<Chosen>(text, org, webhook, low, high, rows);
  }
}

function toWaiting(row: WaitingRow): WaitingDelivery {
  return {
    id: idFromBytes('del', row.id),
    event: idFromBytes('evt', row.event),
    eventType: row.type,
    session: row.session && idFromBytes('sess', row.session),
    state: DELIVERY_STATES[row.state] as WaitingDelivery['state'],
    nextUs: row.next_us,
  };
}
