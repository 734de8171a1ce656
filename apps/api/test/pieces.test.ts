/** Answers in pieces: whole for who reads, bounded for who does not, and never mistaken for whole when they are not. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Exchange } from '../src/http/exchange.ts';
import { SENT } from '../src/http/operations.ts';
import type { Services } from '../src/http/services.ts';
import { answerInPieces } from '../src/http/streams/pieces.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

interface Ended {
  readonly answer: Awaited<ReturnType<typeof answerInPieces>> | null;
  readonly error: unknown;
}

/** Serves one list; answers where, and what `answerInPieces` ended with. */
async function serve(texts: (outgoing: ServerResponse) => AsyncIterable<readonly string[]>, lagMs = 60_000) {
  const { promise: ended, resolve } = Promise.withResolvers<Ended>();
  const warned: object[] = [];
  const log = { warn: (fields: object) => void warned.push(fields), debug: () => undefined };
  const services = { streams: { limits: { lagMs } }, log } as unknown as Pick<Services, 'streams' | 'log'>;
  const server = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
    const headersOf = (headers: object) => ({ ...headers, 'request-id': 'req_1' });
    const exchange = { method: incoming.method, incoming, outgoing, headersOf, requestId: 'req_1' };
    answerInPieces(services, exchange as unknown as Exchange, { head: '{"a":[', tail: ']}', texts: texts(outgoing) })
      .then((answer) => {
        if (answer !== SENT) outgoing.end(answer.body);
        resolve({ answer, error: null });
      })
      .catch((error) => resolve({ answer: null, error }));
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ended, warned };
}

async function* inPieces(...pieces: readonly (readonly string[])[]) {
  for (const piece of pieces) yield piece;
}

describe('a list in pieces', () => {
  it.each([
    ['nothing', [], '{"a":[]}'],
    ['empty pieces alone', [[], []], '{"a":[]}'],
    ['one piece', [['1', '2']], '{"a":[1,2]}'],
    ['several pieces', [['1'], ['2', '3'], ['4']], '{"a":[1,2,3,4]}'],
    ['empty pieces between', [[], ['1'], [], [], ['2'], []], '{"a":[1,2]}'],
  ])('of %s is one JSON text', async (_, pieces, expected) => {
    const { url } = await serve(() => inPieces(...pieces));
    expect(await (await fetch(url)).text()).toBe(expected);
  });

  it('is an ordinary answer when it has one piece, and says its type and request when it has more', async () => {
    const one = await serve(() => inPieces(['1']));
    await fetch(one.url);
    expect((await one.ended).answer).toMatchObject({ status: 200 });
    const more = await serve(() => inPieces(['1'], ['2']));
    const { headers } = await fetch(more.url);
    expect([headers.get('content-type'), headers.get('request-id')]).toEqual(['application/json', 'req_1']);
    expect((await more.ended).answer).toBe(SENT);
  });

  it('has no body for HEAD, and reads no more than it must', async () => {
    let reads = 0;
    async function* counted() {
      for (;;) {
        reads++;
        yield [`${reads}`];
      }
    }
    const { url, ended } = await serve(counted);
    const reply = await fetch(url, { method: 'HEAD' });
    expect([reply.status, await reply.text()]).toEqual([200, '']);
    await ended;
    expect(reads).toBeLessThanOrEqual(2);
  });

  it('leaves turns to others between pieces, however fast its client reads', async () => {
    let turns = 0;
    const piece = ['1'];
    async function* long() {
      for (let n = 0; n < 100; n++) yield piece;
    }
    const instant = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => done() });
    const outgoing = Object.assign(instant, { writeHead: () => outgoing });
    const exchange = { method: 'GET', outgoing, headersOf: (headers: object) => headers, requestId: 'req_1' };
    const services = { streams: { limits: { lagMs: 60_000 } }, log: {} } as unknown as Services;
    const list = { head: '[', tail: ']', texts: long() };
    let over = false;
    const count = () => {
      turns++;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    expect(await answerInPieces(services, exchange as unknown as Exchange, list)).toBe(SENT);
    over = true;
    expect(turns).toBeGreaterThan(20);
  });

  it('that fails before its first piece is a refusal', async () => {
    const failing = (): AsyncIterable<readonly string[]> => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('no such session')) }),
    });
    const { url, ended } = await serve(failing);
    fetch(url).catch(() => undefined);
    expect((await ended).error).toEqual(new Error('no such session'));
  });

  it('that fails in the middle is cut, so that nobody takes it for whole', async () => {
    async function* failing() {
      yield ['1'];
      yield ['2'];
      yield ['3'];
      throw new Error('deleted meanwhile');
    }
    const { url, warned } = await serve(failing);
    await expect(fetch(url).then((reply) => reply.text())).rejects.toThrow();
    expect(warned).toEqual([expect.objectContaining({ err: new Error('deleted meanwhile') })]);
  });

  it('waits for a client that does not read, holding one piece, and cuts it after the time of a laggard', async () => {
    let reads = 0;
    const piece = `"${'x'.repeat(1024 * 1024)}"`;
    async function* endless() {
      for (;;) {
        reads++;
        yield [piece];
      }
    }
    let waiting = 0;
    const { url, ended, warned } = await serve((outgoing) => {
      outgoing.on('close', () => {
        waiting = outgoing.writableLength;
      });
      return endless();
    }, 50);
    const client = request(url).end();
    const [response] = (await once(client, 'response')) as [IncomingMessage];
    response.on('error', () => undefined).pause();
    await ended;
    expect(warned).toEqual([]); // it is the client's own doing
    expect(reads).toBeLessThan(64); // what sockets and kernels take, not what memory has
    expect(waiting).toBeLessThan(4 * 1024 * 1024);
    client.destroy();
  });

  it('leaves turns of the loop to others, however many are read at once', async () => {
    let reads = 0;
    async function* counted() {
      for (let n = 0; n < 50; n++) {
        reads++;
        yield n % 2 === 0 ? [`${n}`] : [];
      }
    }
    const services = {} as Pick<Services, 'streams' | 'log'>;
    const exchange = { method: 'GET', outgoing: undefined } as unknown as Exchange;
    const lists = Array.from({ length: 20 }, () =>
      answerInPieces(services, exchange, { head: '[', tail: ']', texts: counted() }),
    );
    const all = Promise.all(lists);
    let most = 0;
    for (let before = reads; reads < 1_000; before = reads) {
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, reads - before);
    }
    const [answer] = await all;
    const expected = JSON.stringify(Array.from({ length: 25 }, (_, n) => 2 * n));
    expect(String((answer as { body: Uint8Array }).body)).toBe(expected);
    expect(most).toBeLessThanOrEqual(40); // the first two reads of all, then a few a turn
  });

  it('stops reading when its client leaves', async () => {
    let reads = 0;
    async function* endless() {
      for (;;) {
        reads++;
        yield [`"${'x'.repeat(64 * 1024)}"`];
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const { url, ended } = await serve(endless);
    const stop = new AbortController();
    const reply = await fetch(url, { signal: stop.signal });
    await reply.body?.getReader().read();
    stop.abort();
    await ended;
    const atEnd = reads;
    await vi.waitFor(() => expect(reads).toBe(atEnd));
  });
});
