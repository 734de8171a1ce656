import type { IncomingMessage, ServerResponse } from 'node:http';
import { EventStream, type StreamQuery } from '../src/core/stream.ts';
import { Transport } from '../src/core/transport.ts';
import type { StreamOptions, TurnlogOptions } from '../src/index.ts';
import { serve, token } from './fake.ts';

export interface TestEvent {
  readonly id: string;
  readonly type: string;
  readonly text?: string;
}

/** What one request for the stream asked for. */
export interface Asked {
  readonly query: Readonly<Record<string, string>>;
  readonly lastEventId: string | undefined;
}

export type Handle = (asked: Asked, response: ServerResponse, request: IncomingMessage) => void;

/** A server over a real socket that answers each request for a stream with the next handler, the last one for good. */
export async function streamServer(...handlers: Handle[]) {
  const asked: Asked[] = [];
  const server = await serve((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://any');
    const { 'last-event-id': lastEventId } = request.headers;
    const one = { query: Object.fromEntries(searchParams), lastEventId: lastEventId?.toString() };
    const handle = handlers[Math.min(asked.push(one), handlers.length) - 1];
    openings.set(response, opening(one.lastEventId ?? one.query['after_id'] ?? idOf(0)));
    handle?.(one, response, request);
  });
  const streamOf = <T = TestEvent>(query: StreamQuery = {}, options: StreamOptions = {}, client: TurnlogOptions = {}) =>
    new EventStream<T>(new Transport({ token, baseURL: server.url, ...client }), path, query, options);
  return { url: server.url, asked, streamOf, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const path = ['v1', 'sessions', 'sess_1', 'events', 'stream'];

export const idOf = (number: number): string => `evt_${String(number).padStart(6, '0')}`;
export const numberOf = (id: string | undefined): number => Number(id?.slice(4) ?? 0);
export const eventOf = (number: number): TestEvent => ({ id: idOf(number), type: 'user.message', text: 'ä€😀' });

export const position = (id: string): string => `id: ${id}\n\n`;
export const frame = (event: TestEvent): string =>
  `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
/** Frames of the events behind one number, up to another. */
export const framesBehind = (after: number, last: number): string =>
  Array.from({ length: Math.max(0, last - after) }, (_, index) => frame(eventOf(after + 1 + index))).join('');
export const done = 'data: [DONE]\n\n';

/** What the server sends first: the time to wait before a reconnect, and where the stream stands. */
export const opening = (id: string): string => `retry: 731\n\n${position(id)}`;
const openings = new WeakMap<ServerResponse, string>();

export function accept(response: ServerResponse): ServerResponse {
  acceptBarely(response).write(openings.get(response) ?? '');
  return response;
}

function acceptBarely(response: ServerResponse): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).flushHeaders();
  return response;
}

/** Sends these bytes alone and drops the connection. */
export function cut(response: ServerResponse, bytes: Uint8Array | string): void {
  acceptBarely(response);
  if (bytes.length === 0) return void response.socket?.destroySoon();
  response.write(bytes, () => response.socket?.destroySoon());
}

/** All of a stream. */
export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of stream) all.push(event);
  return all;
}

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
