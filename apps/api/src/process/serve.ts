/** The life of the server: open, listen, drain, close. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Dispatcher } from '@turnlog/core/dispatch';
import { limits } from '@turnlog/core/limits';
import { Tails } from '@turnlog/core/tails';
import { makeSecret, secretPrefix } from '@turnlog/core/tokens';
import { createCourier } from '@turnlog/courier';
import type { openStore, SqliteStore } from '@turnlog/store-sqlite';
import type { Logger } from 'pino';
import { createLetterWriter } from '../deliveries/letters.ts';
import type { Vault } from '../deliveries/vault.ts';
import { presentDelivery } from '../dialects/deliveries.ts';
import { sha256 } from '../http/credentials.ts';
import { createServer } from '../http/server.ts';
import { Streams } from '../http/streams/streams.ts';
import { banner } from './banner.ts';
import { type Config, variablesFor } from './config.ts';
import { drainOf } from './drain.ts';
import { after, makeFolder, nextTurn, nowUs, randomBytes } from './machine.ts';
import { openVault } from './secret-key.ts';

export interface ServeOptions {
  readonly config: Config;
  readonly open: typeof openStore;
  readonly log: Logger;
  /** Where the command was typed, and the repository. */
  readonly folder: string;
  readonly root: string;
  readonly write: (text: string) => void;
  /** Ends the process. */
  readonly exit: (code: number) => void;
}

/** A running server; `stop` finishes what it has accepted. */
export interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

/** How long deliveries under way may take once the server stops; what they came to is recorded after that. */
const LAST_DELIVERIES_MS = 7_000;

/** Opens the log and listens. Rejects with `StoreFileError`, `SecretKeyError`, or the system's error when it cannot listen. */
export async function serve(options: ServeOptions): Promise<Running> {
  const { config, log } = options;
  makeFolder(config.file);
  let state: 'starting' | 'ready' | 'draining' | 'broken' = 'starting';
  const store = options.open({
    file: config.file,
    nowUs,
    deliveryKeptMs: config.deliveryKeptMs,
    onUnknown: (message) => {
      state = 'broken';
      log.fatal({ reason: message }, 'the outcome of a commit is unknown; stopping');
      setImmediate(() => options.exit(1)); // after the answers that this failure has caused
    },
  });
  const vault = await vaultOf(store, config);
  const tails = new Tails({ store, wakeups: store, lagBytes: config.streams.lagBytes, nextTurn });
  const streams = new Streams(config.streams, nowUs);
  const deliveries = deliveriesOf(store, vault, options);
  const { courier, writeLetter } = deliveries;
  const server = createServer({
    ...{ store, directory: store, tails, streams, courier, writeLetter, vault },
    nowUs,
    random: randomBytes,
    corsOrigins: config.corsOrigins,
    openDialects: config.openDialects,
    waveHoldMs: config.waveHoldMs,
    socketAuthMs: limits.socketAuthSeconds * 1000,
    log,
    logRequests: config.debugLogging,
    ready: () => state === 'ready',
  });
  const drain = drainOf(server, () => streams.drain());
  try {
    await listen(server, config);
  } catch (error) {
    await store.close();
    throw error;
  }
  const first = bootstrap(store, config.bootstrapToken);
  state = 'ready';
  deliveries.start();
  const { port } = server.address() as AddressInfo;
  const url = serverUrl(config.host, port);
  const variables = variablesFor({ ...config, port }, options.folder);
  options.write(banner({ ...options, url, file: config.file, variables, ...first }));
  log.info({ url, file: config.file }, 'listening');
  return {
    url,
    async stop() {
      state = 'draining';
      await deliveries.stop(drain());
      tails.close();
      await store.close();
      log.info({}, 'stopped');
    },
  };
}

async function vaultOf(store: SqliteStore, { file, secretKey }: Config): Promise<Vault> {
  try {
    return openVault({ file, key: secretKey, check: store.secretKeyCheck });
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Delivering to webhooks and replays, and what requests need of it. */
function deliveriesOf(store: SqliteStore, vault: Vault, { config, log }: ServeOptions) {
  const { webhookAllow: allow, retrySeconds } = config;
  const courier = createCourier({ allow, timeoutMs: limits.deliverySeconds * 1000, nowUs });
  const writeLetter = createLetterWriter({ vault, present: presentDelivery });
  const onFault = (err: unknown) => log.error({ err }, 'deliveries met a fault; they go on');
  const dispatcher = new Dispatcher({
    ...{ store, directory: store, wakeups: store, courier, writeLetter, retrySeconds },
    ...{ nowUs, random: randomBytes, after, nextTurn, onFault },
  });
  return {
    courier,
    writeLetter,
    /** Requests do not wait for it: there may be many lanes to take. */
    start() {
      dispatcher.start().catch(onFault);
    },
    /** Attempts that take longer than they may are broken off, those of tests included, which `requests` wait for. */
    async stop(requests: Promise<void>) {
      const cut = setTimeout(() => courier.close(), LAST_DELIVERIES_MS);
      await Promise.all([requests, dispatcher.stop()]);
      clearTimeout(cut);
      await courier.close();
    },
  };
}

interface First {
  readonly newToken: string | null;
  readonly ownToken: boolean;
}

/** Makes sure that there is an org, and that it knows the operator's token. */
function bootstrap(store: SqliteStore, ownToken: string | null): First {
  const secret = ownToken ?? makeSecret(randomBytes);
  const token = { name: 'bootstrap', hash: sha256(secret), prefix: secretPrefix(secret) };
  const done = store.bootstrap({ name: 'default', token }, ownToken !== null);
  return {
    newToken: done === 'created' && ownToken === null ? secret : null,
    ownToken: done === 'created' && ownToken !== null,
  };
}

function listen(server: Server, { host, port }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Where a server on this host and port is reached from the same machine. */
export function serverUrl(host: string, port: number): string {
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}
