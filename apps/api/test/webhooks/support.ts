/** The routes of webhooks in both dialects, and deliveries that are over without anybody having sent them. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type DeliveryId, type EventId, makeId, type WebhookId } from '@turnlog/core/ids';
import type { LaneId } from '@turnlog/core/webhook-store';
import type { Harness, Reply, TestOrg } from '../harness.ts';

export interface Mount {
  readonly dialect: 'cloud' | 'platform';
  readonly webhooks: string;
  readonly replays: string;
  /** What a refusal says: its code, its sentence, and the input that it is about. */
  refusal(reply: Reply): { readonly code: string; readonly message: string; readonly param: string | undefined };
}

export const MOUNTS: readonly Mount[] = [
  {
    dialect: 'cloud',
    webhooks: '/v1/webhooks',
    replays: '/v1/replays',
    refusal: ({ json: { error } }) => ({
      code: error.code ?? error.type,
      message: error.message,
      param: error.param,
    }),
  },
  {
    dialect: 'platform',
    webhooks: '/api/v1/webhooks',
    replays: '/api/v1/events/replay',
    refusal: ({ json: { error } }) => ({ code: error.code, message: error.message, param: error.details.param }),
  },
];

export const ENDPOINT = 'https://example.com/webhook';

export async function makeWebhook(h: Harness, { webhooks }: Mount, body: object = {}): Promise<WebhookId> {
  const reply = await h.ask('POST', webhooks, { body: { url: ENDPOINT, events: ['*'], ...body } });
  if (reply.status !== 201) throw new Error(reply.text);
  return reply.json.id;
}

/** Publishes events of a type, in order. */
export async function publish(h: Harness, type: string, count = 1): Promise<readonly EventId[]> {
  const events = Array.from({ length: count }, (_, n) => ({ type, data: { n } }));
  const { json } = await h.ask('POST', '/v1/events', { body: { events } });
  return json.data.map(({ id }: { readonly id: EventId }) => id);
}

export interface LoggedDelivery {
  readonly event: EventId;
  readonly eventType?: string;
  /** Of each attempt, oldest first; null: no answer. */
  readonly statuses?: readonly (number | null)[];
  readonly excerpt?: string | null;
  /** Whether a failed one is tried again. */
  readonly retried?: boolean;
}

/** Puts deliveries that are over into the log of a webhook, as a dispatcher does; answers their ids. */
export async function logDeliveries(
  h: Harness,
  lane: LaneId,
  deliveries: readonly LoggedDelivery[],
  { id: org }: TestOrg = h.org,
): Promise<readonly DeliveryId[]> {
  const { store, services } = h;
  const nowUs = services.nowUs();
  const lanes = await store.claimLanes(org, { owner: 'test', untilUs: nowUs + 60_000_000 });
  const fence = lanes.find(({ id }) => id === lane)?.fence ?? 0;
  const ids: DeliveryId[] = [];
  for (const { event, eventType = 'agent.seen', statuses = [200], excerpt = null, retried = false } of deliveries) {
    const attempts = statuses.map((statusCode, n) => ({
      startedUs: nowUs + n * 1000,
      durationMs: 3 + n,
      statusCode,
      error: statusCode === 200 ? null : `answered with ${statusCode}`,
      excerpt,
    }));
    const finished = { event, eventType, session: null, delivery: null, blocked: false, attempts };
    const recorded = await store.recordDeliveries(
      org,
      {
        ...{ lane, fence, position: null, lost: [], unblocked: [] },
        finished: [{ ...finished, gone: false, retryAfterUs: null }],
        retrySeconds: retried ? [...statuses.map(() => 0), 3600] : [0],
      },
      { requestId: makeId('req', nowUs, services.random), idempotency: null },
    );
    if (recorded.kind === 'fenced') throw new Error('The lane is not ours.');
    for (const { id } of recorded.deliveries) if (id !== null) ids.push(id);
  }
  await store.releaseLanes(org, 'test');
  return ids;
}

export interface Received {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** An endpoint on loopback that answers every request with a status and a text. */
export async function openEndpoint(status = 200, text = 'ok') {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      response.writeHead(status).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
