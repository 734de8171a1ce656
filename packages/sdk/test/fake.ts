import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Turnlog, type TurnlogOptions } from '../src/index.ts';

export const token = 'tlog_pat_0123456789abcdefghijklmnopqrstu';
export const baseURL = 'http://log.test';

export interface Sent {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: unknown;
  readonly init: RequestInit;
}

/** An answer, a function that makes one, or an error that `fetch` throws. */
export type Answer = Response | Error | ((sent: Sent) => Response | Promise<Response>);

/** A client whose requests get the given answers one after the other, and the requests that it sent. */
export function fakeClient(
  answers: readonly Answer[],
  options: TurnlogOptions = {},
): { client: Turnlog; sent: Sent[] } {
  const sent: Sent[] = [];
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const body = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
    const one = { url: new URL(url), method: init.method ?? '', headers: new Headers(init.headers), body, init };
    const answer = answers[sent.push(one) - 1];
    if (answer === undefined) throw new Error(`No answer for request ${sent.length}.`);
    if (answer instanceof Error) throw answer;
    return typeof answer === 'function' ? answer(one) : answer;
  };
  return { client: new Turnlog({ token, baseURL, fetch, ...options }), sent };
}

export const json = (value: unknown, init: ResponseInit = {}): Response =>
  new Response(JSON.stringify(value), { ...init, headers: { 'content-type': 'application/json', ...init.headers } });

export const refusal = (status: number, error: object, headers: Record<string, string> = {}): Response =>
  json({ type: 'error', error, request_id: 'req_body' }, { status, headers });

/** A real server on a free port of this machine; it is gone, with all its connections, when its scope ends. */
export async function serve(listener: RequestListener): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The rejection of a promise, which must not be fulfilled. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It was fulfilled.');
}
