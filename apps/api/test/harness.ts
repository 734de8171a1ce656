/** A real store on a file of its own, an app over it, orgs with tokens, and a way to ask and to look at what is stored. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dispatcher, type DispatcherOptions } from '@turnlog/core/dispatch';
import type { OrgId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import { Tails } from '@turnlog/core/tails';
import { makeSecret, type Scope, secretPrefix } from '@turnlog/core/tokens';
import { createCourier } from '@turnlog/courier';
import { openStore, type SqliteStore } from '@turnlog/store-sqlite';
import type { Hono } from 'hono';
import { createApp } from '../src/app.ts';
import { createLetterWriter } from '../src/deliveries/letters.ts';
import { Vault } from '../src/deliveries/vault.ts';
import { presentDelivery } from '../src/dialects/deliveries.ts';
import { sha256 } from '../src/http/credentials.ts';
import { createServer } from '../src/http/server.ts';
import type { Services } from '../src/http/services.ts';
import { type StreamLimits, Streams } from '../src/http/streams/streams.ts';
import { after, nextTurn } from '../src/process/machine.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are judged member by member
  readonly json: any;
}

export interface Ask {
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** A value sent as JSON, or bytes and text sent as they are. */
  readonly body?: unknown;
}

export interface TestOrg {
  readonly id: OrgId;
  readonly token: string;
}

export interface LogLine {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

export interface Harness {
  readonly app: Hono;
  readonly store: SqliteStore;
  readonly services: Services;
  readonly file: string;
  readonly org: TestOrg;
  readonly other: TestOrg;
  readonly logged: LogLine[];
  clock: { offsetUs: number };
  ask(method: string, path: string, ask?: Ask): Promise<Reply>;
  /** A token of the first org with these scopes only. */
  tokenWith(...scopes: Scope[]): Promise<string>;
  /** All that the first org has stored, to show that a refusal stored nothing. */
  stored(): Promise<string>;
  /** Delivers to webhooks and replays from now on until the harness is closed; what goes wrong inside is in `faults`. */
  deliver(
    options?: Partial<DispatcherOptions>,
  ): Promise<{ readonly dispatcher: Dispatcher; readonly faults: unknown[] }>;
  listen(): Promise<{ readonly url: string; readonly port: number; readonly server: Server }>;
  close(): Promise<void>;
}

/** As configured by default. */
const STREAM_LIMITS: StreamLimits = {
  perToken: limits.streamsPerToken,
  perProcess: limits.streamsPerProcess,
  maxAgeMs: limits.streamMaxAgeSeconds * 1000,
  heartbeatMs: limits.streamHeartbeatSeconds * 1000,
  lagMs: limits.streamLagSeconds * 1000,
};

/** Endpoints of tests stand on loopback. */
const LOOPBACK = ['127.0.0.0/8', '::1/128'];
const KEY = Buffer.alloc(32, 7);

/** Services other than usual; some stand on the store. */
export type HarnessOptions =
  | Partial<Services>
  | ((made: Pick<Harness, 'store'> & { nowUs(): number }) => Partial<Services>);

/** Streams with other bounds. */
export function streaming(bounds: Partial<StreamLimits> & { readonly lagBytes?: number }): HarnessOptions {
  const { lagBytes = limits.streamLagBytes, ...own } = bounds;
  return ({ store, nowUs }) => ({
    streams: new Streams({ ...STREAM_LIMITS, ...own }, nowUs),
    tails: new Tails({ store, wakeups: store, lagBytes, nextTurn }),
  });
}

export async function openHarness(options: HarnessOptions = {}): Promise<Harness> {
  const folder = mkdtempSync(join(tmpdir(), 'turnlog-api-'));
  const clock = { offsetUs: 0 };
  const nowUs = () => Date.now() * 1000 + clock.offsetUs;
  const file = join(folder, 'turnlog.db');
  const store = openStore({ file, nowUs, onUnknown: () => undefined });
  const logged: LogLine[] = [];
  const line = (level: string) => (fields: object, message: string) => void logged.push({ level, fields, message });
  const vault = new Vault(KEY);
  const services: Services = {
    store,
    directory: store,
    tails: new Tails({ store, wakeups: store, lagBytes: limits.streamLagBytes, nextTurn }),
    streams: new Streams(STREAM_LIMITS, nowUs),
    courier: createCourier({ allow: LOOPBACK, timeoutMs: limits.deliverySeconds * 1000, nowUs }),
    writeLetter: createLetterWriter({ vault, present: presentDelivery }),
    vault,
    nowUs,
    random: randomBytes,
    corsOrigins: [],
    openDialects: [],
    waveHoldMs: limits.waveHoldSeconds * 1000,
    socketAuthMs: limits.socketAuthSeconds * 1000,
    log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
    logRequests: false,
    ready: () => true,
    ...(typeof options === 'function' ? options({ store, nowUs }) : options),
  };
  const app = createApp(services);
  const org = newOrg(store, 'first');
  const other = newOrg(store, 'second');
  const servers: Server[] = [];
  const dispatchers: Dispatcher[] = [];
  const ask = (method: string, path: string, asked: Ask = {}) => send(app, org.token, method, path, asked);
  return {
    app,
    store,
    services,
    file,
    org,
    other,
    logged,
    clock,
    ask,
    async tokenWith(...scopes) {
      const { json } = await ask('POST', '/v1/tokens', { body: { name: 'narrow', scopes } });
      return json.token;
    },
    stored: () => everythingOf(store, org.id),
    async deliver(own = {}) {
      const { directory, courier, writeLetter } = services;
      const faults: unknown[] = [];
      const dispatcher = new Dispatcher({
        ...{ store, directory, wakeups: store, courier, writeLetter, nowUs, random: randomBytes, after, nextTurn },
        retrySeconds: limits.retrySeconds,
        onFault: (error) => faults.push(error),
        ...own,
      });
      dispatchers.push(dispatcher);
      await dispatcher.start();
      return { dispatcher, faults };
    },
    async listen() {
      const server = createServer(services);
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      return { url: `http://127.0.0.1:${port}`, port, server };
    },
    async close() {
      services.streams.drain();
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
      await Promise.all(dispatchers.map((dispatcher) => dispatcher.stop()));
      await services.courier.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function newOrg(store: SqliteStore, name: string): TestOrg {
  const token = makeSecret(randomBytes);
  const id = store.createOrg({ name, token: { name: 'bootstrap', hash: sha256(token), prefix: secretPrefix(token) } });
  return { id, token };
}

async function send(app: Hono, ownToken: string, method: string, path: string, asked: Ask): Promise<Reply> {
  const headers: Record<string, string> = { ...asked.headers };
  const token = asked.token === undefined ? ownToken : asked.token;
  if (token !== null) headers['authorization'] ??= `Bearer ${token}`;
  const init: RequestInit = { method, headers };
  if (asked.body !== undefined) {
    headers['content-type'] ??= 'application/json';
    init.body = isRaw(asked.body) ? asked.body : JSON.stringify(asked.body);
  }
  return replyOf(await app.request(path, init));
}

function isRaw(body: unknown): body is string | Uint8Array<ArrayBuffer> {
  return typeof body === 'string' || body instanceof Uint8Array;
}

export async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: response.status, headers: response.headers, text, json };
}

/** Every session with its events, every token, the org clock, as one text to compare. */
async function everythingOf(store: SqliteStore, org: OrgId): Promise<string> {
  const all: unknown[] = [];
  const everything = { order: 'asc', cursor: null, limit: 1000 } as const;
  const range = { fromUs: null, untilUs: null };
  const anySession = { statuses: null, agentId: null, externalId: null, includeArchived: true, metadata: {} };
  const { data: sessions } = await store.listSessions(org, { ...everything, ...anySession, range });
  for (const session of sessions) {
    const events = await store.listEvents(org, { id: session.id }, { ...everything, range, types: null });
    all.push(session, events?.json.toString());
  }
  const { data: tokens } = await store.listTokens(org, everything);
  all.push(
    tokens.map(({ lastUsedUs: _, ...token }) => token),
    await store.lastUs(org),
  );
  return JSON.stringify(all);
}
