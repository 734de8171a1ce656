import { describe, expect, test } from 'vitest';
import { type Frame, FrameDecoder, maxFrameLength } from '../src/core/sse.ts';
import { TurnlogError } from '../src/index.ts';
import { randomOf } from './event-server.ts';

const encoder = new TextEncoder();
const decode = (...pieces: readonly (string | Uint8Array)[]): Frame[] => {
  const decoder = new FrameDecoder();
  return pieces.flatMap((piece) => decoder.push(typeof piece === 'string' ? encoder.encode(piece) : piece));
};

/** The standard's words, for a whole text: nothing of this knows pieces. */
function reference(bytes: Uint8Array): Frame[] {
  const text = new TextDecoder().decode(bytes);
  const lines = text.replaceAll('\r\n', '\n').replaceAll('\r', '\n').split('\n').slice(0, -1);
  const frames: Frame[] = [];
  let fields: [string, string][] = [];
  for (const line of lines) {
    if (line !== '') {
      const colon = line.indexOf(':');
      const name = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (['data', 'event', 'id', 'retry'].includes(name)) fields.push([name, value]);
      continue;
    }
    const last = (name: string, valid = (_: string): boolean => true): string | undefined =>
      fields.findLast(([field, value]) => field === name && valid(value))?.[1];
    const data = fields.filter(([name]) => name === 'data').map(([, value]) => value);
    const retry = last('retry', (value) => /^[0-9]+$/.test(value));
    const frame = {
      id: last('id', (value) => !value.includes('\0')),
      event: last('event') || undefined,
      data: data.length > 0 ? data.join('\n') : undefined,
      retry: retry === undefined ? undefined : Number(retry),
    };
    if (Object.values(frame).some((value) => value !== undefined)) frames.push(frame);
    fields = [];
  }
  return frames;
}

/** Undefined and absent are one; what holds nothing is nothing. */
const plain = (frames: readonly Frame[]): unknown[] =>
  JSON.parse(JSON.stringify(frames)).filter((frame: object) => Object.keys(frame).length > 0);

describe('a frame', () => {
  test.each<[string, string, Frame[]]>([
    ['has an id, a type and data', 'id: 1\nevent: a.b\ndata: {}\n\n', [{ id: '1', event: 'a.b', data: '{}' }]],
    ['joins its lines of data', 'data: a\ndata\ndata:  b\n\n', [{ data: 'a\n\n b' }]],
    ['may have an id alone', 'id: 7\n\n', [{ id: '7' }]],
    ['may have the empty id', 'id:\n\nid\n\n', [{ id: '' }, { id: '' }]],
    ['may ask for a delay, in plain digits', 'retry: 10\n\nretry: 1e3\n\nretry:\n\n', [{ retry: 10 }]],
    ['takes no id with a NUL', 'id: 1\nid: 2\0\ndata: x\n\n', [{ id: '1', data: 'x' }]],
    ['is not what only a comment says', ': ping\n\n:\n\n', []],
    ['may hold comments', 'data: a\n: ping\ndata: b\n\n', [{ data: 'a\nb' }]],
    ['drops fields that nobody knows', 'Data: a\n data: b\nfoo\ndata: c\n\n', [{ data: 'c' }]],
    ['loses one space after the colon, and no more', 'data:a\ndata: b\ndata:  c\n\n', [{ data: 'a\nb\n c' }]],
    ['keeps colons', 'data: a:b: c\n\n', [{ data: 'a:b: c' }]],
    ['may end in any way', 'data: a\r\rdata: b\r\n\r\ndata: c\n\n', [{ data: 'a' }, { data: 'b' }, { data: 'c' }]],
    ['is none before its blank line', 'data: a\n\ndata: b\n', [{ data: 'a' }]],
    ['comes after a byte order mark', '\ufeffdata: a\n\n', [{ data: 'a' }]],
    ['may hold such a mark', 'data: \ufeffa\n\n\ufeffdata: b\n\n', [{ data: '\ufeffa' }]],
    ['may be empty data', 'data\n\ndata:\n\n', [{ data: '' }, { data: '' }]],
    ['keeps line separators of other worlds', 'data: a\u2028b\u0085c\u000bd\n\n', [{ data: 'a\u2028b\u0085c\u000bd' }]],
  ])('%s', (_, text, frames) => {
    expect(plain(decode(text))).toEqual(frames);
    expect(plain(reference(encoder.encode(text)))).toEqual(frames);
  });

  test('is there as soon as its last byte is, without a look at the next', () => {
    expect(plain(decode('data: a\r', '\r'))).toEqual([{ data: 'a' }]);
    expect(plain(decode('data: a\r\n\r'))).toEqual([{ data: 'a' }]);
    expect(plain(decode('data: a\r\n\r', '\ndata: b\n\n'))).toEqual([{ data: 'a' }, { data: 'b' }]);
  });

  test('holds the replacement character for bytes that are no UTF-8', () => {
    const bytes = Uint8Array.from([...encoder.encode('data: '), 0xe2, 0x82, 0x0a, 0x0a]);
    expect(decode(bytes)).toEqual([{ data: '\ufffd' }]);
  });

  test('that grows beyond all measure is refused, be it one line or many, even if it never ends', () => {
    const half = encoder.encode(`data: ${'x'.repeat(maxFrameLength / 2)}`);
    expect(() => decode(half, half)).toThrow(TurnlogError);
    expect(() => decode(half, '\n', half)).toThrow('longer than 8388608 characters');
    expect(() => decode(half, '\n\n', half, '\n\n', half)).not.toThrow();
    expect(() => decode(`:${'x'.repeat(maxFrameLength)}`)).toThrow(TurnlogError);
  });
});

describe('the pieces of a stream change nothing', () => {
  const sample = encoder.encode(
    '\ufeff: hello\r\nid: 1\r\n\r\nid: 2\revent: a\rdata: ä€😀\r\r\nretry: 5\ndata: x\ndata: y\n\nid\n\n:\n\ndata: [DONE]\n\n',
  );

  test('wherever it is cut', () => {
    const whole = plain(decode(sample));
    expect(whole).toEqual(plain(reference(sample)));
    for (let at = 0; at <= sample.length; at++) {
      expect(plain(decode(sample.slice(0, at), sample.slice(at))), `cut at ${at}`).toEqual(whole);
    }
  });

  test('be they single bytes', () => {
    expect(plain(decode(...[...sample].map((byte) => Uint8Array.of(byte))))).toEqual(plain(reference(sample)));
  });

  test('nor do they of any other', () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = randomOf(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const parts = ['\n', '\r', '\r\n', '\n\n', ':', ': ', ' ', 'id', 'data', 'data: ', 'event: ', 'retry: ', '12', 'x'];
    const rare = ['ä', '€', '😀', '\0', '\ufeff', 'data: [DONE]\n\n', 'id: 7\n\n'];
    for (let count = 0; count < 3_000; count++) {
      const length = Math.floor(random() * 30);
      const bytes = encoder.encode(Array.from({ length }, () => pick(random() < 0.85 ? parts : rare)).join(''));
      const pieces: Uint8Array[] = [];
      for (let from = 0; from < bytes.length; ) {
        const to = from + Math.floor(random() * 8);
        pieces.push(bytes.slice(from, to));
        from = to;
      }
      const told = `seed ${seed}, number ${count}: ${JSON.stringify(new TextDecoder().decode(bytes))}`;
      expect(plain(decode(...pieces)), told).toEqual(plain(reference(bytes)));
    }
  });
});
