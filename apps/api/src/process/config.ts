/** The configuration: read once from the environment, checked as a whole. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { limits } from '@turnlog/core/limits';
import { isSecret } from '@turnlog/core/tokens';
import { isNetwork } from '@turnlog/courier';
import type { DialectName } from '../dialects/prefixes.ts';
import type { StreamLimits } from '../http/streams/streams.ts';
import { parseKey } from './secret-key.ts';

export interface Config {
  readonly host: string;
  readonly port: number;
  /** Absolute path of the database. */
  readonly file: string;
  readonly bootstrapToken: string | null;
  readonly debugLogging: boolean;
  readonly corsOrigins: readonly string[];
  /** Dialects that callers of this machine may use without a credential. */
  readonly openDialects: readonly DialectName[];
  readonly waveHoldMs: number;
  readonly streams: StreamLimits & { readonly lagBytes: number };
  /** Seals the secrets of webhooks; null: the key in the file beside the log. */
  readonly secretKey: Buffer | null;
  /** Networks that webhooks may reach by plain http and on every port, too. */
  readonly webhookAllow: readonly string[];
  /** The waits before each attempt at a webhook. */
  readonly retrySeconds: readonly number[];
  readonly deliveryKeptMs: number;
}

const PLAIN = /^[\w./:@-]+$/;

/** The variables that lead a command in this folder to a server of this configuration; empty when none is needed. */
export function variablesFor({ host, port, file }: Pick<Config, 'host' | 'port' | 'file'>, folder: string): string {
  const common = readConfig({}, folder);
  const reached = host === common.host || host === '0.0.0.0' || host === '::';
  const variables = [
    ...(reached ? [] : [['HOST', host]]),
    ...(port === common.port ? [] : [['PORT', String(port)]]),
    ...(file === common.file ? [] : [['DATABASE_URL', `file:${file}`]]),
  ];
  return variables.map(([name, value = '']) => `${name}=${PLAIN.test(value) ? value : quoted(value)} `).join('');
}

/** For a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Everything that is wrong with a configuration, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${bulleted(faults)}`);
    this.faults = faults;
  }
}

const DEFAULT_CORS_ORIGINS = 'http://localhost:5173,http://localhost:3000';
const DEFAULT_DATABASE_URL = 'file:.turnlog/turnlog.db';
const HOST_NAME = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;
const PORT = /^[0-9]{1,5}$/;
const MAX_PORT = 65_535;
const COUNT = /^[1-9][0-9]{0,8}$/;
const MAX_SECONDS = 24 * 60 * 60;
/** Clients take 45 seconds of silence for a lost connection. */
const MAX_HEARTBEAT_SECONDS = 30;
const WHOLE = /^(?:0|[1-9][0-9]{0,8})$/;
const MAX_RETRY_SECONDS = 7 * 24 * 60 * 60;
const MAX_ATTEMPTS = 20;
const MAX_DAYS = 3_650;
const MS_PER_DAY = 24 * 60 * 60 * 1000;
const OPENABLE: ReadonlySet<string> = new Set(['wave', 'runtime'] satisfies DialectName[]);
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i;
const YES = new Set(['1', 'true', 'yes', 'on']);
const NO = new Set(['', '0', 'false', 'no', 'off']);

/** Reads the environment; an empty variable counts as absent. Relative paths start at `folder`. Throws `ConfigError`. */
export function readConfig(environment: NodeJS.ProcessEnv, folder: string): Config {
  const faults: string[] = [];
  const read = <Value>(name: string, fallback: string, parse: (text: string) => Value | Fault): Value => {
    const value = parse(environment[name] || fallback);
    if (value instanceof Fault) faults.push(`${name} ${value.problem}`);
    return value as Value;
  };
  const config: Config = {
    host: read('HOST', '127.0.0.1', parseHost),
    port: read('PORT', '8080', parsePort),
    file: read('DATABASE_URL', DEFAULT_DATABASE_URL, (url) => parseFile(url, folder)),
    bootstrapToken: read('BOOTSTRAP_TOKEN', '', parseToken),
    debugLogging: read('DEBUG_LOGGING', '', parseSwitch),
    corsOrigins: read('CORS_ORIGINS', DEFAULT_CORS_ORIGINS, parseOrigins),
    openDialects: read('OPEN_DIALECTS', '', parseOpenDialects),
    waveHoldMs: read('WAVE_HOLD_SECONDS', `${limits.waveHoldSeconds}`, (text) =>
      parseSeconds(text, limits.waitSecondsMax),
    ),
    streams: {
      perToken: read('STREAMS_PER_TOKEN', `${limits.streamsPerToken}`, parseCount),
      perProcess: read('STREAMS_PER_PROCESS', `${limits.streamsPerProcess}`, parseCount),
      maxAgeMs: read('STREAM_MAX_AGE_SECONDS', `${limits.streamMaxAgeSeconds}`, parseSeconds),
      heartbeatMs: read('STREAM_HEARTBEAT_SECONDS', `${limits.streamHeartbeatSeconds}`, (text) =>
        parseSeconds(text, MAX_HEARTBEAT_SECONDS),
      ),
      lagMs: read('STREAM_LAG_SECONDS', `${limits.streamLagSeconds}`, parseSeconds),
      lagBytes: read('STREAM_LAG_BYTES', `${limits.streamLagBytes}`, parseCount),
    },
    secretKey: read('SECRET_KEY', '', parseSecretKey),
    webhookAllow: read('WEBHOOK_ALLOW', '', parseNetworks),
    retrySeconds: read('WEBHOOK_RETRY_SECONDS', limits.retrySeconds.join(','), parseRetrySeconds),
    deliveryKeptMs: read('DELIVERY_KEPT_DAYS', `${limits.deliveryKeptDays}`, parseDays),
  };
  if (config.openDialects?.length > 0 && config.host !== undefined && !LOOPBACK.test(config.host)) {
    faults.push(`OPEN_DIALECTS lets in whoever reaches the server: set HOST to 127.0.0.1 or leave OPEN_DIALECTS out.`);
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

/** Why a variable's text is refused. */
class Fault {
  readonly problem: string;

  constructor(problem: string) {
    this.problem = problem;
  }
}

function parseHost(text: string): string | Fault {
  if (isIP(text) !== 0 || HOST_NAME.test(text)) return text;
  return new Fault(`must be an IP address or a host name, such as 127.0.0.1 or 0.0.0.0; it is '${text}'.`);
}

function parsePort(text: string): number | Fault {
  if (PORT.test(text) && Number(text) <= MAX_PORT) return Number(text);
  return new Fault(`must be a whole number from 0 to ${MAX_PORT} (0: any free port); it is '${text}'.`);
}

function parseCount(text: string): number | Fault {
  if (COUNT.test(text)) return Number(text);
  return new Fault(`must be a whole number from 1 to 999999999; it is '${text}'.`);
}

/** Whole seconds as milliseconds. */
function parseSeconds(text: string, max = MAX_SECONDS): number | Fault {
  if (COUNT.test(text) && Number(text) <= max) return Number(text) * 1000;
  return new Fault(`must be a whole number of seconds from 1 to ${max}; it is '${text}'.`);
}

function parseFile(url: string, folder: string): string | Fault {
  const path = url.startsWith('file:///') ? url.slice('file://'.length) : url.slice('file:'.length);
  if (url.startsWith('file:') && !path.startsWith('//') && path !== '' && !path.endsWith('/') && !path.includes('\0'))
    return resolve(folder, path);
  const scheme = /^[a-z]+:/.exec(url)?.[0] ?? 'no scheme';
  return new Fault(
    `must be 'file:' and the path of a file, such as ${DEFAULT_DATABASE_URL}; it begins with ${scheme}.`,
  );
}

/** Says nothing of the text itself: it is a secret. */
function parseToken(text: string): string | null | Fault {
  if (text === '') return null;
  if (isSecret(text)) return text;
  if (text.startsWith('tlog_pat_'))
    return new Fault("begins with 'tlog_pat_' but is no complete token: copy it again.");
  return new Fault(`must have 32 to 255 visible ASCII characters and no spaces; it has ${text.length}.`);
}

/** Says nothing of the text itself, either. */
function parseSecretKey(text: string): Buffer | null | Fault {
  if (text === '') return null;
  return (
    parseKey(text) ??
    new Fault(`must be 32 bytes as base64 or 64 hexadecimal digits; it has ${text.length} characters.`)
  );
}

function parseNetworks(text: string): readonly string[] | Fault {
  const networks = text === '' ? [] : text.split(',').map((network) => network.trim());
  const wrong = networks.find((network) => !isNetwork(network));
  if (wrong === undefined) return networks;
  return new Fault(`must list networks such as 10.0.0.0/8 or fd00::/8, separated by commas; '${wrong}' is none.`);
}

function parseRetrySeconds(text: string): readonly number[] | Fault {
  const waits = text.split(',').map((wait) => wait.trim());
  const whole = waits.every((wait) => WHOLE.test(wait) && Number(wait) <= MAX_RETRY_SECONDS);
  if (whole && waits[0] === '0' && waits.length <= MAX_ATTEMPTS) return waits.map(Number);
  return new Fault(
    `must list the waits before each attempt in whole seconds, the first one 0, at most ${MAX_ATTEMPTS} of them and each at most ${MAX_RETRY_SECONDS}; it is '${text}'.`,
  );
}

/** Whole days as milliseconds. */
function parseDays(text: string): number | Fault {
  if (COUNT.test(text) && Number(text) <= MAX_DAYS) return Number(text) * MS_PER_DAY;
  return new Fault(`must be a whole number of days from 1 to ${MAX_DAYS}; it is '${text}'.`);
}

function parseSwitch(text: string): boolean | Fault {
  const word = text.toLowerCase();
  if (YES.has(word)) return true;
  if (NO.has(word)) return false;
  return new Fault(`must be 'true' or 'false'; it is '${text}'.`);
}

function parseOpenDialects(text: string): readonly DialectName[] | Fault {
  if (text === '') return [];
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !OPENABLE.has(name));
  if (wrong === undefined) return names as DialectName[];
  return new Fault(`must list dialects whose clients know no credentials: wave, runtime; '${wrong}' is none.`);
}

function parseOrigins(text: string): readonly string[] | Fault {
  const origins = text.split(',').map((origin) => origin.trim());
  const wrong = origins.find((origin) => origin !== '*' && !isOrigin(origin));
  if (wrong === undefined) return origins;
  return new Fault(
    `must list origins such as https://app.example.com, separated by commas, or be '*'; '${wrong}' is none.`,
  );
}

function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

function bulleted(lines: readonly string[]): string {
  return lines.map((line) => `  - ${line}`).join('\n');
}
