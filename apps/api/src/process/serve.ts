/** The life of the server: open, listen, drain, close. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { limits } from '@turnlog/core/limits';
import { Tails } from '@turnlog/core/tails';
import { makeSecret, secretPrefix } from '@turnlog/core/tokens';
import type { openStore, SqliteStore } from '@turnlog/store-sqlite';
import type { Logger } from 'pino';
import { sha256 } from '../http/credentials.ts';
import { createServer } from '../http/server.ts';
import { Streams } from '../http/streams/streams.ts';
import { banner } from './banner.ts';
import { type Config, variablesFor } from './config.ts';
import { drainOf } from './drain.ts';
import { makeFolder, nextTurn, nowUs, randomBytes } from './machine.ts';

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

/** Opens the log and listens. Rejects with `StoreFileError`, or the system's error when it cannot listen. */
export async function serve(options: ServeOptions): Promise<Running> {
  const { config, log } = options;
  makeFolder(config.file);
  let state: 'starting' | 'ready' | 'draining' | 'broken' = 'starting';
  const store = options.open({
    file: config.file,
    nowUs,
    onUnknown: (message) => {
      state = 'broken';
      log.fatal({ reason: message }, 'the outcome of a commit is unknown; stopping');
      setImmediate(() => options.exit(1)); // after the answers that this failure has caused
    },
  });
  const tails = new Tails({ store, wakeups: store, lagBytes: config.streams.lagBytes, nextTurn });
  const streams = new Streams(config.streams, nowUs);
  const server = createServer({
    store,
    directory: store,
    tails,
    streams,
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
  const { port } = server.address() as AddressInfo;
  const url = serverUrl(config.host, port);
  const variables = variablesFor({ ...config, port }, options.folder);
  options.write(banner({ ...options, url, file: config.file, variables, ...first }));
  log.info({ url, file: config.file }, 'listening');
  return {
    url,
    async stop() {
      state = 'draining';
      await drain();
      tails.close();
      await store.close();
      log.info({}, 'stopped');
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
