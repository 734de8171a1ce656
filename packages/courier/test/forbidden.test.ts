import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  canary,
  closeAll,
  courierFor,
  letterTo,
  type Names,
  type Receiver,
  raw,
  receiver,
} from './support/receivers.ts';

/** Where https may be reached on public addresses, so that nothing but the address is in its way here. */
const USUAL_PORT = 8443;

/** Hosts as they may stand in a URL that all lead inside. */
const LITERALS = [
  ...['127.0.0.1', '127.1', '127.0.1', '127.0.0.2', '127.255.255.254', '2130706433', '0x7f000001', '017700000001'],
  ...['0x7f.1', '0177.0.0.1', '0x7f.0x0.0x0.0x1', '127.0.0.1.', '%31%32%37.0.0.1', '１２７.０.０.１', '127。0。0。1'],
  ...['①②⑦.0.0.1', '0', '0.0.0.0', '0.0.0.1', '0x0', '10.0.0.1', '10.255.255.255', '0xa000001', '172.16.0.1'],
  ...['172.31.255.255', '192.168.0.1', '192.168.257', '100.64.0.1', '100.127.255.254', '169.254.169.254'],
  ...['0xa9fea9fe', '2852039166', '169.254.1', '168.63.129.16', '192.0.0.1', '192.0.0.192', '192.0.2.1'],
  ...['192.88.99.1', '198.18.0.1', '198.51.100.7', '203.0.113.9', '224.0.0.1', '239.1.2.3', '240.0.0.1'],
  ...['255.255.255.255', '0xffffffff', '4294967295'],
  ...[
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[::]',
    '[::127.0.0.1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::ffff:8.8.8.8]',
  ],
  ...['[::ffff:0:7f00:1]', '[64:ff9b::7f00:1]', '[64:ff9b:1::7f00:1]', '[2002:7f00:1::]', '[2001:0:7f00:1::1]'],
  ...['[2001:db8::1]', '[2001:20::1]', '[2001:10::1]', '[3fff::1]', '[100::1]', '[5f00::1]', '[fe80::1]', '[fec0::1]'],
  ...['[fc00::1]', '[fd00:ec2::254]', '[ff02::1]', '[ff05::1:3]', '[4000::1]'],
];

/** Names, and what DNS says of them. */
const NAMES: Names = {
  localhost: ['127.0.0.1', '::1'],
  'localhost.': ['127.0.0.1'],
  'app.localhost': ['127.0.0.1'],
  'loopback.example': ['127.0.0.1'],
  'loopback.example.': ['127.0.0.1'],
  'loopback6.example': ['::1'],
  'private.example': ['10.1.2.3'],
  'metadata.google.internal': ['169.254.169.254'],
  'mapped.example': ['::ffff:127.0.0.1'],
  'nat64.example': ['64:ff9b::7f00:1'],
  'zone.example': ['fe80::1%eth0'],
  'mix.example': ['198.41.0.4', '127.0.0.1'],
  'mix-turned.example': ['127.0.0.1', '198.41.0.4'],
  'mix6.example': ['198.41.0.4', '::1'],
  'nonsense.example': ['not an address'],
  'xn--bcher-kva.example': ['127.0.0.1'],
};
const IDNA = 'bücher.example';

const canaries: Receiver[] = [];
let watchesUsualPort = true;

beforeAll(async () => {
  const v4 = await canary('0.0.0.0');
  canaries.push(v4, await canary('::1', v4.port));
  const usual = await Promise.all([canary('0.0.0.0', USUAL_PORT), canary('::1', USUAL_PORT)]).catch(() => null);
  watchesUsualPort = usual !== null;
  canaries.push(...(usual ?? []));
  if (!watchesUsualPort) console.warn(`SKIPPED: port ${USUAL_PORT} is taken, so no canary listens there.`);
});
afterAll(closeAll);

/** The same host by http and https, on the port of the canaries and on one that https may use. */
function urlsOf(host: string): readonly string[] {
  const port = canaries[0]?.port;
  return [`https://${host}:${USUAL_PORT}/`, `https://${host}:${port}/`, `http://${host}:${port}/`];
}

function connections(): number {
  return canaries.reduce((sum, { seen }) => sum + seen.connections, 0);
}

describe('an endpoint inside', () => {
  test.each(LITERALS)('at %s is never dialled, and refused when it is made', async (host) => {
    const courier = courierFor({ allow: [] });
    for (const url of urlsOf(host)) {
      expect(courier.problemOf(url), url).toMatch(/^must lead to a public address/);
      expect(await courier.post(letterTo(url)), url).toMatchObject({ statusCode: null, error: 'No allowed address' });
    }
    expect(connections()).toBe(0);
  });

  test.each([...Object.keys(NAMES), IDNA])('behind the name %s is never dialled', async (name) => {
    const courier = courierFor({ allow: [], names: NAMES });
    for (const url of urlsOf(name)) {
      expect(await courier.post(letterTo(url)), url).toMatchObject({ statusCode: null, error: 'No allowed address' });
    }
    expect(connections()).toBe(0);
  });

  test('gives no other answer, whether something listens there or not', async () => {
    const courier = courierFor({ allow: ['127.0.0.9/32'], names: NAMES });
    const [{ port }] = canaries as [Receiver];
    const urls = [`http://127.0.0.1:${port}`, 'http://127.0.0.1:1', 'https://10.0.0.1', 'https://private.example'];
    const errors = await Promise.all(urls.map(async (url) => (await courier.post(letterTo(url))).error));
    expect(new Set(errors)).toEqual(new Set(['No allowed address']));
    expect(connections()).toBe(0);
  });

  test('is what the canaries would have seen: they count a courier that may go there', async () => {
    const { port, seen } = await canary();
    const courier = courierFor({ allow: ['127.0.0.1/32'], timeoutMs: 50 });
    await courier.post(letterTo(`http://2130706433:${port}/`));
    expect([seen.connections, seen.bytes > 0]).toEqual([1, true]);
  });
});

describe('a public endpoint', () => {
  const elsewhere = [
    ...['http://198.41.0.4/', 'http://198.41.0.4:443/', 'https://198.41.0.4:22/', 'https://198.41.0.4:80/'],
    ...[
      'https://198.41.0.4:6379/',
      'https://[2001:503:ba3e::2:30]:25/',
      'http://public.example/',
      'https://public.example:22/',
    ],
  ];
  test.each(elsewhere)('is not dialled but by https on its ports: %s', async (url) => {
    const courier = courierFor({ allow: ['127.0.0.0/8'], names: { 'public.example': ['198.41.0.4'] } });
    expect((await courier.post(letterTo(url))).error).toBe('No allowed address');
  });
});

describe('an answer of DNS', () => {
  test('that names any address that is not allowed refuses the name', async () => {
    const names = { 'mix.example': ['127.0.0.2', '127.0.0.1'], 'mix6.example': ['127.0.0.2', '::1'] };
    const courier = courierFor({ allow: ['127.0.0.2/32'], names });
    const seen = (await Promise.all([canary('127.0.0.2'), canary('::1')])).map((each) => each.seen);
    for (const name of Object.keys(names)) {
      expect((await courier.post(letterTo(`http://${name}:${canaries[0]?.port}`))).error).toBe('No allowed address');
    }
    expect([connections(), ...seen.map((each) => each.connections)]).toEqual([0, 0, 0]);
  });

  test('is asked for once for a connection: what it says next changes nothing', async () => {
    const inside = await canary('127.0.0.1');
    const outside = await receiver((_request, response) => response.end(), '127.0.0.2', inside.port);
    const answers = [['127.0.0.2'], ['127.0.0.1'], ['127.0.0.1']];
    let asked = 0;
    const courier = courierFor({ allow: ['127.0.0.2/32'], lookup: async () => answers[asked++] ?? [] });
    const url = `http://rebinding.example:${inside.port}/`;
    expect((await courier.post(letterTo(url))).error).toBeNull();
    expect([asked, outside.seen.connections]).toEqual([1, 1]);

    const second = courierFor({ allow: ['127.0.0.2/32'], lookup: async () => answers[asked++] ?? [] });
    expect((await second.post(letterTo(url))).error).toBe('No allowed address');
    expect([asked, inside.seen.connections]).toEqual([2, 0]);
  });

  test('with no address at all, or none in time, ends the attempt', async () => {
    expect((await courierFor().post(letterTo('https://nowhere.example/'))).error).toBe('No allowed address');
    const failing = courierFor({ lookup: () => Promise.reject(new Error('SERVFAIL at 10.0.0.53')) });
    expect((await failing.post(letterTo('https://failing.example/'))).error).toBe('No allowed address');
    const silent = courierFor({ timeoutMs: 20, lookup: () => new Promise(() => undefined) });
    expect((await silent.post(letterTo('https://silent.example/'))).error).toBe('Connection timeout');
  });
});

describe('whoever is connected in the end', () => {
  test('is looked at before a byte is sent', async () => {
    const { port, seen } = await canary('127.0.0.1');
    const courier = courierFor({ allow: ['0.0.0.0/32'] }); // which the system takes for 127.0.0.1
    for (const scheme of ['http', 'https']) {
      expect((await courier.post(letterTo(`${scheme}://0.0.0.0:${port}/`))).error).toBe('No allowed address');
    }
    expect([seen.connections, seen.bytes]).toEqual([2, 0]);
  });

  test('is reached at its own address, whatever proxy the environment names', async () => {
    const proxy = await canary();
    const { port, seen } = await receiver((_request, response) => response.end());
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']) {
      vi.stubEnv(name, `http://127.0.0.1:${proxy.port}`);
    }
    expect((await courierFor().post(letterTo(`http://127.0.0.1:${port}/`))).error).toBeNull();
    vi.unstubAllEnvs();
    expect([proxy.seen.connections, seen.connections]).toEqual([0, 1]);
  });
});

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308, 300, 304])(
    'of status %i is a failure, and nobody is sent there',
    async (status) => {
      const target = await canary();
      const { port } = await receiver((_request, response) => {
        response.writeHead(status, { location: `http://127.0.0.1:${target.port}/` }).end();
      });
      const receipt = await courierFor().post(letterTo(`http://127.0.0.1:${port}/`));
      expect(receipt).toMatchObject({ statusCode: status, error: 'Redirect not followed' });
      expect(target.seen.connections).toBe(0);
    },
  );

  test('by an upgrade of the protocol is none either', async () => {
    const { port } = await raw((socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    const receipt = await courierFor({ timeoutMs: 500 }).post(letterTo(`http://127.0.0.1:${port}/`));
    expect(receipt.statusCode).toBeNull();
    expect(receipt.error).not.toBeNull();
  });
});
