import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { limits } from '@turnlog/core/limits';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { cert, key } from './support/certificate.ts';
import { canary, closeAll, courierFor, letterTo, listen, raw, receiver } from './support/receivers.ts';

afterEach(closeAll);

const SHORT_MS = 150;
const HEAD = 'HTTP/1.1 200 OK\r\n';

describe('a delivery', () => {
  test('is one POST of the letter’s headers and bytes, to its path and query, and its answer', async () => {
    const { port } = await receiver((request, response) => {
      response.end(
        JSON.stringify({ ...request.headers, method: request.method, url: request.url, body: request.body }),
      );
    });
    const receipt = await courierFor({ names: { 'receiver.test': ['127.0.0.1'] } }).post(
      letterTo(`http://receiver.test:${port}/a/b?c=%20d`, '{"text":"é"}'),
    );
    expect(receipt).toMatchObject({ statusCode: 200, error: null, retryAfterSeconds: null });
    expect(JSON.parse(receipt.excerpt ?? '')).toEqual({
      ...{ method: 'POST', url: '/a/b?c=%20d', body: '{"text":"é"}', host: `receiver.test:${port}` },
      ...{
        connection: 'keep-alive',
        'content-type': 'application/json',
        'content-length': '13',
        'webhook-id': 'evt_1',
      },
    });
  });

  test.each([200, 201, 202, 204, 299])('succeeds with status %i', async (status) => {
    const { port } = await receiver((_request, response) => response.writeHead(status).end());
    const receipt = await courierFor().post(letterTo(`http://127.0.0.1:${port}/`));
    expect(receipt).toMatchObject({ statusCode: status, error: null, excerpt: null, retryAfterSeconds: null });
  });

  test.each([400, 401, 404, 410, 429, 500, 503, 599])('fails with status %i, and says so', async (status) => {
    const { port } = await receiver((_request, response) => response.writeHead(status).end('no'));
    const receipt = await courierFor().post(letterTo(`http://127.0.0.1:${port}/`));
    expect(receipt).toMatchObject({ statusCode: status, error: `HTTP ${status}`, excerpt: 'no' });
  });

  test('never rejects, whatever its URL is', async () => {
    for (const url of ['', 'nowhere', 'ftp://127.0.0.1/', 'http://', 'https://user:x@127.0.0.1:99999/']) {
      expect((await courierFor().post(letterTo(url))).error, url).not.toBeNull();
    }
  });

  test('goes to the host of its URL alone: a user name there is no host and no credential', async () => {
    const { port } = await receiver((request, response) => response.end(`${request.headers.authorization}`));
    const receipt = await courierFor().post(letterTo(`http://example.com:x@127.0.0.1:${port}/`));
    expect(receipt).toMatchObject({ error: null, excerpt: 'undefined' });
  });
});

describe('the time of an attempt', () => {
  const timely = () => courierFor({ timeoutMs: SHORT_MS, names: { 'silent.test': ['127.0.0.1'] } });

  test('ends when nobody answers', async () => {
    const { port, seen } = await canary();
    const receipt = await timely().post(letterTo(`http://127.0.0.1:${port}/`));
    expect(receipt).toMatchObject({ statusCode: null, error: 'Answer timed out', excerpt: null });
    await vi.waitFor(() => expect(seen.open).toBe(0));
  });

  test('ends when a body drips, which is a failure whatever its status', async () => {
    const { port, seen } = await receiver((_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('.'), 5);
      response.on('close', () => clearInterval(drip));
    });
    const receipt = await timely().post(letterTo(`http://127.0.0.1:${port}/`));
    expect(receipt).toMatchObject({
      statusCode: 200,
      error: 'Answer timed out',
      excerpt: expect.stringMatching(/^\.+$/),
    });
    await vi.waitFor(() => expect(seen.open).toBe(0));
  });

  test('ends when headers drip', async () => {
    const { port, seen } = await raw((socket) => {
      socket.write(HEAD);
      const drip = setInterval(() => socket.write('x: y\r\n'), 5);
      socket.on('close', () => clearInterval(drip));
    });
    const receipt = await timely().post(letterTo(`http://127.0.0.1:${port}/`));
    expect(receipt).toMatchObject({ statusCode: null, error: 'Answer timed out' });
    await vi.waitFor(() => expect(seen.open).toBe(0));
  });

  test('ends when only informational answers come', async () => {
    const { port, seen } = await raw((socket) => {
      const drip = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 5);
      socket.on('close', () => clearInterval(drip));
    });
    const receipt = await timely().post(letterTo(`http://127.0.0.1:${port}/`));
    expect(receipt).toMatchObject({ statusCode: null, error: 'Answer timed out' });
    await vi.waitFor(() => expect(seen.open).toBe(0));
  });

  test('ends when a handshake does not', async () => {
    const { port, seen } = await canary();
    const receipt = await timely().post(letterTo(`https://silent.test:${port}/`));
    expect(receipt).toMatchObject({ statusCode: null, error: 'Connection timeout' });
    await vi.waitFor(() => expect(seen.open).toBe(0));
  });
});

describe('an endpoint that breaks off', () => {
  test('before it answers', async () => {
    const { port } = await raw((socket) => socket.destroy());
    const receipt = await courierFor().post(letterTo(`http://127.0.0.1:${port}/`));
    expect(receipt).toMatchObject({ statusCode: null, error: 'Connection closed' });
  });

  test('by a reset', async () => {
    const { port } = await raw((socket) => socket.resetAndDestroy());
    const receipt = await courierFor().post(letterTo(`http://127.0.0.1:${port}/`));
    expect(receipt).toMatchObject({ statusCode: null, error: 'Connection closed' });
  });

  test('in the middle of its body, which is a failure whatever its status', async () => {
    const { port } = await raw((socket) => socket.end(`${HEAD}Content-Length: 10\r\n\r\nhalf`));
    const receipt = await courierFor().post(letterTo(`http://127.0.0.1:${port}/`));
    expect(receipt).toMatchObject({ statusCode: 200, error: 'Connection closed', excerpt: 'half' });
  });

  test('or does not listen', async () => {
    const { port } = await listen(createTcpServer());
    await closeAll();
    const receipt = await courierFor().post(letterTo(`http://127.0.0.1:${port}/`));
    expect(receipt).toMatchObject({ statusCode: null, error: 'Connection refused' });
  });
});

describe('an answer', () => {
  test.each([
    ['that is no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['with a header without end', `${HEAD}x: ${'y'.repeat(100_000)}\r\n\r\n`],
    ['with more headers than there is room for', `${HEAD}${'x: y\r\n'.repeat(10_000)}\r\n`],
    ['with two lengths', `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx`],
  ])('%s is not understood', async (_what, bytes) => {
    const { port, seen } = await raw((socket) => socket.write(bytes));
    const receipt = await courierFor().post(letterTo(`http://127.0.0.1:${port}/`));
    expect(receipt).toMatchObject({ statusCode: null, error: 'Answer not understood', excerpt: null });
    await vi.waitFor(() => expect(seen.open).toBe(0));
  });

  test.each([200, 500])(
    'without end is judged by its status (%i) once its bound is read, and closed',
    async (status) => {
      const { port, seen } = await receiver((_request, response) => {
        response.writeHead(status);
        const more = () => {
          while (!response.destroyed && response.write('x'.repeat(16 * 1024)));
        };
        response.on('drain', more);
        more();
      });
      const receipt = await courierFor().post(letterTo(`http://127.0.0.1:${port}/`));
      expect(receipt).toMatchObject({ statusCode: status, error: status === 200 ? null : 'HTTP 500' });
      expect(receipt.excerpt).toBe('x'.repeat(limits.answerKeptBytes));
      await vi.waitFor(() => expect(seen.open).toBe(0));
    },
  );

  test('of just its bound is read whole, and its connection serves on', async () => {
    const { port, seen } = await receiver((_request, response) => response.end('x'.repeat(limits.answerBytes)));
    const courier = courierFor();
    for (let sent = 0; sent < 3; sent++) await courier.post(letterTo(`http://127.0.0.1:${port}/`));
    expect(seen.connections).toBe(1);
  });

  const kept = limits.answerKeptBytes;
  const texts: readonly (readonly [what: string, body: Buffer, excerpt: string | null])[] = [
    ['nothing', Buffer.alloc(0), null],
    ['text', Buffer.from('{"ok":true}'), '{"ok":true}'],
    ['NULs', Buffer.from('a\0b'), 'a\0b'],
    ['a byte order mark', Buffer.from('\ufeffa'), '\ufeffa'],
    ['bytes that are no text', Buffer.from([0xff, 0x61, 0xc3]), '\ufffda\ufffd'],
    ['only such bytes', Buffer.alloc(kept, 0xff), '\ufffd'.repeat(Math.floor(kept / 3))],
    ['half a character at the cut', Buffer.from(`${'a'.repeat(kept - 1)}éé`), 'a'.repeat(kept - 1)],
    ['wide characters', Buffer.from('😀'.repeat(kept)), '😀'.repeat(kept / 4)],
  ];
  test.each(texts)('of %s is kept as well-formed text', async (_what, body, excerpt) => {
    const { port } = await receiver((_request, response) => response.end(body));
    const receipt = await courierFor().post(letterTo(`http://127.0.0.1:${port}/`));
    expect(receipt.excerpt).toBe(excerpt);
    expect(Buffer.byteLength(receipt.excerpt ?? '')).toBeLessThanOrEqual(kept);
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 1, 21, 3, 0, 0);
  const forms: readonly (readonly [header: string, seconds: number | null])[] = [
    ['120', 120],
    [' 0 ', 0],
    ['99999999999999999999999', limits.retryAfterSecondsMax],
    ['Sat, 21 Feb 2026 03:01:00 GMT', 60],
    ['Saturday, 21-Feb-26 03:01:00 GMT', 60],
    ['Sat Feb 21 03:01:00 2026', 60],
    ['Sat, 21 Feb 2026 02:00:00 GMT', 0],
    ['Sat, 21 Feb 2099 03:00:00 GMT', limits.retryAfterSecondsMax],
    ['-1', null],
    ['1.5', null],
    ['1e3', null],
    ['soon', null],
    ['2026', 2026],
    ['2026-02-21T03:01:00Z', null],
    ['Sat, 99 Feb 2026 03:01:00 GMT', null],
  ];
  test.each(forms)('%j is read', async (header, seconds) => {
    const { port } = await receiver((_request, response) => response.writeHead(503, { 'retry-after': header }).end());
    const receipt = await courierFor({ nowUs: () => now * 1000 }).post(letterTo(`http://127.0.0.1:${port}/`));
    expect(receipt.retryAfterSeconds).toBe(seconds);
  });

  test('says nothing beside a success', async () => {
    const { port } = await receiver((_request, response) => response.writeHead(202, { 'retry-after': '5' }).end());
    expect((await courierFor().post(letterTo(`http://127.0.0.1:${port}/`))).retryAfterSeconds).toBeNull();
  });
});

describe('connections', () => {
  test('serve one delivery after the other', async () => {
    const { port, seen } = await receiver((_request, response) => response.end());
    const courier = courierFor();
    for (let sent = 0; sent < 10; sent++) {
      expect((await courier.post(letterTo(`http://127.0.0.1:${port}/${sent}`))).error).toBeNull();
    }
    expect(seen.connections).toBe(1);
  });

  test('are as many as deliveries under way, so that one that hangs holds up no other; and do not stay for long', async () => {
    const waiting: (() => void)[] = [];
    const { port, seen } = await receiver((_request, response) => {
      waiting.push(() => response.end());
      if (waiting.length === 30) for (const answer of waiting) answer();
    });
    const courier = courierFor();
    const receipts = await Promise.all(
      Array.from({ length: 30 }, () => courier.post(letterTo(`http://127.0.0.1:${port}/`))),
    );
    expect(new Set(receipts.map(({ error }) => error))).toEqual(new Set([null]));
    expect(seen.connections).toBe(30);
    await vi.waitFor(() => expect(seen.open).toBe(0), { timeout: 30_000 });
  });

  test('are made anew where an endpoint closes them', async () => {
    const { port, seen } = await receiver((_request, response) => response.setHeader('connection', 'close').end());
    const courier = courierFor();
    for (let sent = 0; sent < 3; sent++) {
      expect((await courier.post(letterTo(`http://127.0.0.1:${port}/`))).error).toBeNull();
    }
    expect(seen.connections).toBe(3);
  });

  test('end with the courier, and what is under way fails', async () => {
    const { port, seen } = await canary();
    const courier = courierFor();
    const receipt = courier.post(letterTo(`http://127.0.0.1:${port}/`));
    await vi.waitFor(() => expect(seen.bytes).toBeGreaterThan(0));
    await courier.close();
    expect((await receipt).error).toBe('Delivery interrupted');
    expect((await courier.post(letterTo(`http://127.0.0.1:${port}/`))).error).toBe('Delivery interrupted');
    await vi.waitFor(() => expect(seen.open).toBe(0));
  });
});

describe('TLS', () => {
  const names = { 'receiver.test': ['127.0.0.1'], 'receiver.test.': ['127.0.0.1'], 'other.test': ['127.0.0.1'] };
  const tlsReceiver = () =>
    listen(
      createHttpsServer({ key, cert }, (request, response) => {
        const { servername } = request.socket as unknown as { servername: string | false };
        response.end(`${servername} ${request.headers.host?.split(':')[0]}`);
      }),
    );

  test('refuses a certificate that nobody has signed', async () => {
    const { port } = await tlsReceiver();
    for (const host of ['receiver.test', 'other.test', '127.0.0.1']) {
      const receipt = await courierFor({ names }).post(letterTo(`https://${host}:${port}/`));
      expect(receipt).toMatchObject({ statusCode: null, error: 'TLS handshake failed' });
    }
  });

  test.each([
    ['speaks plain HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['hangs up', ''],
  ])('fails with one that %s', async (_what, bytes) => {
    const { port } = await raw((socket) => socket.end(bytes));
    const receipt = await courierFor({ names }).post(letterTo(`https://receiver.test:${port}/`));
    expect(receipt).toMatchObject({ statusCode: null, error: 'TLS handshake failed' });
  });

  test('asks for the name and checks it, though an address is dialled', async () => {
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, cert]);
    try {
      const { port, seen } = await tlsReceiver();
      const courier = courierFor({ names });
      for (const host of ['receiver.test', 'receiver.test', 'receiver.test.']) {
        const receipt = await courier.post(letterTo(`https://${host}:${port}/`));
        expect(receipt).toMatchObject({ statusCode: 200, error: null, excerpt: `receiver.test ${host}` });
      }
      expect(seen.connections).toBe(2);
      for (const host of ['other.test', '127.0.0.1']) {
        const receipt = await courier.post(letterTo(`https://${host}:${port}/`));
        expect(receipt, host).toMatchObject({ statusCode: null, error: 'TLS handshake failed' });
      }
    } finally {
      setDefaultCACertificates(before);
    }
  });
});

describe('names', () => {
  test('of this machine are looked up where the operator allows something inside', async () => {
    const { port } = await receiver((_request, response) => response.end());
    const { createCourier } = await import('../src/index.ts');
    const courier = createCourier({ allow: ['127.0.0.0/8', '::1/128'], timeoutMs: 10_000, nowUs: () => 0 });
    const receipt = await courier.post(letterTo(`http://localhost:${port}/`));
    await courier.close();
    // Some systems name ::1 first, where nobody listens.
    expect([null, 'Connection refused']).toContain(receipt.error);
  });
});
