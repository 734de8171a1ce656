import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLookup } from '../src/names.ts';

const TYPES = { a: 1, aaaa: 28 } as const;
const HEADER_BYTES = 12;
const FOUND = 0x8180;
const UNKNOWN = 0x8183;

/** What the server knows; of names that begin with `silent` it never says anything. */
const RECORDS: Readonly<Record<string, Partial<Record<keyof typeof TYPES, readonly number[][]>>>> = {
  'both.test': {
    a: [
      [127, 0, 0, 1],
      [127, 0, 0, 2],
    ],
    aaaa: [[...Array(15).fill(0), 1]],
  },
  'six.test': { aaaa: [[0x20, 1, 0x0d, 0xb8, ...Array(11).fill(0), 1]] },
};

let server: Socket;
const resolver = new Resolver({ timeout: 50, tries: 1 });
const asked: string[] = [];

beforeAll(async () => {
  server = createSocket('udp4').bind(0, '127.0.0.1');
  await once(server, 'listening');
  resolver.setServers([`127.0.0.1:${server.address().port}`]);
  server.on('message', (query, { port, address }) => {
    const { name, type, question } = questionOf(query);
    asked.push(name);
    if (!name.startsWith('silent')) server.send(answerTo(query, question, name, type), port, address);
  });
});
afterAll(() => server.close());

function questionOf(query: Buffer) {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const question = query.subarray(HEADER_BYTES, at + 5);
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), question };
}

function answerTo(query: Buffer, question: Buffer, name: string, type: number): Buffer {
  const known = RECORDS[name];
  const addresses = (type === TYPES.a ? known?.a : known?.aaaa) ?? [];
  const header = Buffer.alloc(HEADER_BYTES);
  const words = [query.readUInt16BE(0), known ? FOUND : UNKNOWN, 1, addresses.length];
  for (const [index, word] of words.entries()) header.writeUInt16BE(word, 2 * index);
  const answers = addresses.map((bytes) =>
    Buffer.from([0xc0, HEADER_BYTES, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length, ...bytes]),
  );
  return Buffer.concat([header, question, ...answers]);
}

describe('a name', () => {
  test('is all of its addresses, of both kinds', async () => {
    const lookup = createLookup(false, resolver);
    expect(await lookup('both.test')).toEqual(['127.0.0.1', '127.0.0.2', '::1']);
    expect(await lookup('both.test.')).toEqual(['127.0.0.1', '127.0.0.2', '::1']);
    expect(await lookup('six.test')).toEqual(['2001:db8::1']);
  });

  test('that nobody knows has none', async () => {
    expect(await createLookup(false, resolver)('unknown.test')).toEqual([]);
  });

  test('of this machine is known only where something inside is allowed, and is asked of nobody then', async () => {
    expect(await createLookup(false, resolver)('localhost')).toEqual([]);
    asked.length = 0;
    const found = await createLookup(true, resolver)('localhost');
    expect(['127.0.0.1', '::1']).toEqual(expect.arrayContaining([...found]));
    expect([found.length > 0, asked]).toEqual([true, []]);
  });

  test('whose servers never answer has none in time, and the system is not asked in their place', async () => {
    for (const inside of [false, true]) expect(await createLookup(inside, resolver)('silent.test')).toEqual([]);
  });
});
