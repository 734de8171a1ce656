import { describe, expect, test } from 'vitest';
import { createCourier } from '../src/index.ts';

const courierAllowing = (...allow: string[]) => createCourier({ allow, timeoutMs: 1, nowUs: () => 0 });
const strict = courierAllowing();
const local = courierAllowing('127.0.0.0/8', '10.0.0.0/8', 'fd00::/8');

const PROBLEMS: readonly (readonly [url: string, problem: RegExp])[] = [
  ['', /^must begin with 'https:\/\/' and name a host/],
  ['example.com/hooks', /^must begin with 'https:\/\/'/],
  ['//example.com/hooks', /^must begin with 'https:\/\/'/],
  ['https:example.com', /^must begin with 'https:\/\/'/],
  ['https:\\\\example.com', /^must begin with 'https:\/\/'/],
  ['https://', /^must begin with 'https:\/\/' and name a host/],
  ['https:///hooks', /^must begin with 'https:\/\/' and name a host/],
  ['https://?x', /^must begin with 'https:\/\/' and name a host/],
  ['ftp://example.com/', /^must begin with 'https:\/\/'/],
  ['javascript:alert(1)', /^must begin with 'https:\/\/'/],
  ['file:///etc/passwd', /^must begin with 'https:\/\/'/],
  ['https://:443/', /^must be a complete URL/],
  ['https://exa[mple.com/', /^must be a complete URL/],
  ['https://example.com:port/', /^must be a complete URL/],
  ['https://example.com:65536/', /^must be a complete URL/],
  ['https://1.2.3.4.5/', /^must be a complete URL/],
  ['https://256.1.1.1/', /^must be a complete URL/],
  ['https://[fe80::1%25eth0]/', /^must be a complete URL/],
  ['https://[fe80::1%eth0]/', /^must be a complete URL/],
  ['https://%00.example.com/', /^must be a complete URL/],
  ['http://example.com/hooks', /^must begin with 'https:\/\/': events are not sent in the clear/],
  ['http://198.41.0.4:443/', /^must begin with 'https:\/\/': events are not sent in the clear/],
  ['https://user:secret@example.com/', /^must have no user name or password/],
  ['https://user@example.com/', /^must have no user name or password/],
  ['https://@example.com/', /^must have no user name or password/],
  ['https://example.com@127.0.0.1/', /^must have no user name or password/],
  ['https://example.com/hooks#part', /^must have no fragment/],
  ['https://example.com/#', /^must have no fragment/],
  ['https://example.com:22/', /^must use port 443 or 8443: 22 is another one/],
  ['https://example.com:80/', /^must use port 443 or 8443: 80/],
  ['https://example.com:0/', /^must use port 443 or 8443: 0/],
  ['https://198.41.0.4:6379/', /^must use port 443 or 8443: 6379/],
  ['https://127.0.0.1/', /^must lead to a public address: .* can allow its network with WEBHOOK_ALLOW\.$/],
  ['https://2130706433/', /^must lead to a public address/],
  ['https://[::1]:8443/', /^must lead to a public address/],
  [
    'https://localhost/',
    /^must lead to a public address: this name stands for the server itself\. .* 127\.0\.0\.0\/8 with WEBHOOK_ALLOW\.$/,
  ],
  ['https://LOCALHOST.:8443/', /^must lead to a public address: this name/],
  ['https://app.localhost/', /^must lead to a public address: this name/],
  ['https://example.com/a b', /^must be a URL without spaces/],
  [' https://example.com/', /^must be a URL without spaces/],
  ['https://example.com/\n', /^must be a URL without spaces/],
  ['https://exam\tple.com/', /^must be a URL without spaces/],
  ['https://example.com/\0', /^must be a URL without spaces/],
  ['https://example.com/\ud800', /^must be well-formed text: it has half a surrogate pair in it\.$/],
  ['https://\udc00.example.com/', /^must be well-formed text/],
  [`https://example.com/${'a'.repeat(2_049 - 20)}`, /^must have at most 2048 characters; it has 2049\.$/],
];

describe('the URL of an endpoint', () => {
  test.each(PROBLEMS)('is refused: %j', (url, problem) => {
    expect(strict.problemOf(url)).toMatch(problem);
  });

  test('is a whole sentence behind a parameter, whatever is wrong', () => {
    for (const [url] of PROBLEMS) expect(strict.problemOf(url), url).toMatch(/^must .*\.$/);
  });

  test('may be any https URL of a public host on its ports', () => {
    const fine = [
      ...[
        'https://example.com',
        'https://example.com/hooks?a=%20&b=@x:y',
        'HTTPS://Example.COM:443/',
        'https://a.b:8443/',
      ],
      ...[
        'https://198.41.0.4/',
        'https://[2001:503:ba3e::2:30]:8443/x',
        'https://bücher.example/',
        'https://localhost.example/',
      ],
      ...['https://mylocalhost/', 'https://example.com./', `https://example.com/${'a'.repeat(2_048 - 20)}`],
    ];
    for (const url of fine) expect(strict.problemOf(url), url).toBeNull();
  });

  test('may be plain and on any port where the operator allows it, and for names that may lead there', () => {
    const fine = [
      ...['http://127.0.0.1:3000/', 'https://127.0.0.1:22/', 'http://localhost:3000/', 'http://app.localhost/'],
      ...[
        'http://10.1.2.3/',
        'http://[fd00::1]:8080/',
        'http://receiver:3000/hooks',
        'https://receiver.internal:4443/',
      ],
    ];
    for (const url of fine) expect(local.problemOf(url), url).toBeNull();
    expect(local.problemOf('http://192.168.0.1/')).toMatch(/^must lead to a public address/);
    expect(local.problemOf('http://[::ffff:127.0.0.1]/')).toMatch(/^must lead to a public address/);
    expect(local.problemOf('http://198.41.0.4/')).toMatch(/^must begin with 'https:\/\/': events/);
    expect(local.problemOf('https://198.41.0.4:22/')).toMatch(/^must use port 443 or 8443/);
  });

  test('is not localhost when what is allowed has nothing of loopback', () => {
    expect(courierAllowing('10.0.0.0/8').problemOf('http://localhost:3000/')).toMatch(/the server itself/);
    for (const network of ['::1/128', '127.0.0.1/32', '0.0.0.0/0', '::/0']) {
      expect(courierAllowing(network).problemOf('http://localhost:3000/'), network).toBeNull();
    }
  });
});

test('a courier is not made for what is no network', () => {
  expect(() => courierAllowing('10.0.0.1/8')).toThrow("'10.0.0.1/8' is no network such as 10.0.0.0/8.");
});
