/** A plain HTTP client that can let go at any moment. */
import { Agent, type IncomingMessage, request } from 'node:http';
import { TOKEN } from './server-process.ts';

export interface Reply {
  readonly status: number;
  readonly replayed: boolean;
  readonly body: string;
}

export interface Ask {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: string;
  readonly key?: string;
  /** Lets go after this many bytes of the request, or (-1) right after all of it, without waiting for the answer. */
  readonly abortAfterBytes?: number;
  /** Lets go whenever it says so. */
  readonly signal?: AbortSignal;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Null when no answer came: the server died, or the client let go. */
export function ask(
  url: string,
  { method = 'GET', path, body = '', key, abortAfterBytes, signal }: Ask,
): Promise<Reply | null> {
  return new Promise((resolve) => {
    const headers: Record<string, string> = { Authorization: `Bearer ${TOKEN}` };
    if (method === 'POST')
      Object.assign(headers, { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) });
    if (key !== undefined) headers['Idempotency-Key'] = key;
    const options = { method, headers, agent, ...(signal === undefined ? {} : { signal }) };
    const sent = request(new URL(path, url), options, (response) => receive(response, resolve));
    sent.on('error', () => resolve(null));
    if (abortAfterBytes === undefined) {
      sent.end(body);
    } else {
      const part = abortAfterBytes < 0 ? body : body.slice(0, abortAfterBytes);
      sent.write(part, () => sent.destroy());
    }
  });
}

function receive(response: IncomingMessage, resolve: (reply: Reply | null) => void): void {
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('error', () => resolve(null));
  response.on('close', () => resolve(null));
  response.on('end', () => {
    const replayed = response.headers['idempotent-replayed'] === 'true';
    resolve({ status: response.statusCode ?? 0, replayed, body: Buffer.concat(chunks).toString() });
  });
}
