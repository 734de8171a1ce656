/** Endpoints of webhooks, well and ill, that remember all that reached them. */
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { Bell } from './bell.ts';
import type { Random } from './random.ts';

export type Answer = 'ok' | 'error' | 'busy' | 'redirect' | 'close' | 'hang' | 'drip' | 'gone';

export interface Arrival {
  readonly id: string;
  readonly type: string;
  readonly replay: string | null;
  /** SHA-256 of the body, base64. */
  readonly digest: string;
  /** Places in the one order of everything that happened at any endpoint. */
  readonly arrived: number;
  /** When its 2xx had been handed over; null: it got none. */
  succeeded: number | null;
  /** When it came and when it was over, by `performance.now()`. */
  readonly arrivedMs: number;
  endedMs: number;
  /** Attempts of the same kind (live, or of one replay) under way when it came, itself included. */
  readonly atOnce: number;
}

export interface EndpointOptions {
  readonly name: string;
  readonly dialect: 'cloud' | 'platform';
  /** How it answers the next attempt. */
  readonly answers: () => Answer;
  /** Within how many milliseconds it answers. */
  readonly withinMs: number;
  readonly random: Random;
  /** Rung on every arrival. */
  readonly bell: Bell;
}

const PATH = '/hook';
const ELSEWHERE = '/elsewhere';
const DRIP_MS = 100;
/** Longer than anybody is silent here, so that connections end by what this is about. */
const KEEP_ALIVE_MS = 120_000;

const ENDLESS: ReadonlySet<Answer> = new Set(['hang', 'drip']);

let happened = 0;

export class Endpoint {
  readonly name: string;
  readonly url: string;
  readonly secret: string;
  readonly arrivals: Arrival[] = [];
  /** Requests that no server of ours may send. */
  readonly problems: string[] = [];
  readonly #options: EndpointOptions;
  readonly #server: Server;
  readonly #verifier: Webhook;
  readonly #underWay = new Map<string, number>();

  private constructor(server: Server, options: EndpointOptions) {
    this.#options = options;
    this.#server = server;
    this.name = options.name;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`;
    this.secret = `whsec_${Buffer.from(`secret of ${options.name.padEnd(24, '.')}`).toString('base64')}`;
    this.#verifier = new Webhook(this.secret);
    server.on('request', (request, response) => this.#receive(request, response));
  }

  static async start(options: EndpointOptions): Promise<Endpoint> {
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return new Endpoint(server, options);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined); // its sender died, which is what this is about
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url !== PATH || request.method !== 'POST') {
        this.problems.push(`${this.name}: ${request.method} ${request.url} was asked for`);
        response.destroy();
        return;
      }
      this.#take(request, Buffer.concat(chunks), response);
    });
  }

  #take(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const id = String(request.headers['webhook-id']);
    const replay = request.headers['webhook-replay-id'];
    this.#verify(request, body, id);
    const kind = String(replay ?? '');
    const atOnce = (this.#underWay.get(kind) ?? 0) + 1;
    this.#underWay.set(kind, atOnce);
    const arrival: Arrival = {
      id,
      type: typeOf(body),
      replay: replay === undefined ? null : String(replay),
      digest: digestOf(body),
      arrived: ++happened,
      succeeded: null,
      arrivedMs: performance.now(),
      endedMs: Number.POSITIVE_INFINITY,
      atOnce,
    };
    this.arrivals.push(arrival);
    this.#answer(arrival, kind, response);
    this.#options.bell.ring();
  }

  #answer(arrival: Arrival, kind: string, response: ServerResponse): void {
    const { answers, withinMs, random } = this.#options;
    const answer = answers();
    const over = () => {
      if (arrival.endedMs < Number.POSITIVE_INFINITY) return;
      arrival.endedMs = performance.now();
      this.#underWay.set(kind, (this.#underWay.get(kind) ?? 0) - 1);
    };
    response.once('close', over);
    const reply = () => {
      if (response.destroyed) return;
      if (!ENDLESS.has(answer)) over();
      if (answer === 'ok') arrival.succeeded = ++happened;
      SEND[answer](response);
    };
    const afterMs = random.whole(0, withinMs);
    if (afterMs === 0) reply();
    else setTimeout(reply, afterMs).unref();
  }

  #verify(request: IncomingMessage, body: Buffer, id: string): void {
    try {
      const { id: own } = this.#verifier.verify(body, request.headers as Record<string, string>) as { id: string };
      if (own !== id) this.problems.push(`${this.name}: webhook-id ${id} is not that of the event, ${own}`);
    } catch (error) {
      this.problems.push(`${this.name}: ${id} is refused by the official verifier: ${String(error)}`);
    }
    const key = Buffer.from(this.secret.slice('whsec_'.length), 'base64');
    const expected = `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
    const shown = request.headers['x-webhook-signature'];
    if (shown === (this.#options.dialect === 'platform' ? expected : undefined)) return;
    this.problems.push(`${this.name}: ${id} came with x-webhook-signature ${String(shown)}`);
  }
}

export function digestOf(body: Buffer | string): string {
  return createHash('sha256').update(body).digest('base64');
}

function typeOf(body: Buffer): string {
  return /"type":"([^"]*)"/.exec(body.toString('utf8', 0, 200))?.[1] ?? '';
}

const SEND: Readonly<Record<Answer, (response: ServerResponse) => void>> = {
  ok: (response) => response.writeHead(200).end('taken'),
  error: (response) => response.writeHead(500).end('no'),
  busy: (response) => response.writeHead(429, { 'Retry-After': '1' }).end(),
  gone: (response) => response.writeHead(410).end(),
  redirect: (response) => response.writeHead(307, { Location: ELSEWHERE }).end(),
  close: (response) => response.destroy(),
  hang: () => undefined,
  drip,
};

/** An answer that says 200 and never ends. */
function drip(response: ServerResponse): void {
  response.writeHead(200);
  const timer = setInterval(() => response.write('.'), DRIP_MS).unref();
  response.once('close', () => clearInterval(timer));
}
