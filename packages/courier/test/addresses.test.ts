import { describe, expect, test } from 'vitest';
import { isPublic, parseAddress, parseNetwork } from '../src/addresses.ts';
import { isNetwork } from '../src/index.ts';

/** The first and the last address of everything that endpoints on the internet do not have. */
const SPECIAL = {
  'this network': ['0.0.0.0', '0.255.255.255'],
  private: ['10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0', '192.168.255.255'],
  'shared by carriers': ['100.64.0.0', '100.127.255.255', '100.100.100.200'],
  loopback: ['127.0.0.0', '127.0.0.1', '127.255.255.255', '::1'],
  'link-local': ['169.254.0.0', '169.254.169.254', '169.254.255.255', 'fe80::1', 'febf:ffff::1'],
  'clouds’ own': ['168.63.129.16', 'fd00:ec2::254', '192.0.0.192'],
  'protocol assignments': ['192.0.0.0', '192.0.0.255', '2001::1', '2001:1ff:ffff::1', '2001:1::1', '2001:3::1'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.255', '2001:db8::1', '3fff::1', '3fff:fff:ffff::1'],
  'relays and sinks': ['192.88.99.1', '192.31.196.1', '192.52.193.1', '192.175.48.1', '2620:4f:8000::1'],
  benchmarking: ['198.18.0.0', '198.19.255.255', '2001:2::1'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1', 'ff0e::1'],
  reserved: ['240.0.0.0', '255.255.255.254', '255.255.255.255', '4000::1', 'e000::1', '::2'],
  unspecified: ['::'],
  'v4 inside of v6': ['::ffff:127.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '::8.8.8.8', '::ffff:0:127.0.0.1'],
  '6to4': ['2002:7f00:1::', '2002:808:808::1', '2002:a00:1::1'],
  NAT64: ['64:ff9b::7f00:1', '64:ff9b::808:808', '64:ff9b:1::1', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  Teredo: ['2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  ORCHID: ['2001:10::1', '2001:20::1', '2001:30::1'],
  'unique local': ['fc00::1', 'fdff:ffff::1'],
  'site-local': ['fec0::1', 'feff::1'],
  'discard only': ['100::1', '100:0:0:1::1'],
  'segment routing': ['5f00::1'],
} as const;

const PUBLIC = [
  ...['1.0.0.0', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255'],
  ...['128.0.0.0', '168.63.129.15', '168.63.129.17', '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0'],
  ...['191.255.255.255', '192.0.1.0', '192.0.3.0', '192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0'],
  ...['203.0.112.255', '203.0.114.0', '223.255.255.255', '2000::1', '2001:200::1', '2001:4860:4860::8888'],
  ...['2003::1', '2606:4700::1111', '2a00:1450::1', '3ffe:ffff::1', '3fff:1000::1'],
];

describe('an address', () => {
  test.each(Object.entries(SPECIAL))('that is %s is not public', (_kind, addresses) => {
    for (const text of addresses) {
      const address = parseAddress(text);
      expect(address && isPublic(address), text).toBe(false);
    }
  });

  test('beside those is public', () => {
    for (const text of PUBLIC) {
      const address = parseAddress(text);
      expect(address && isPublic(address), text).toBe(true);
    }
  });

  test('is read in every form of its own, and in no other', () => {
    const one = parseAddress('2001:db8::1');
    expect(parseAddress('2001:0DB8:0:0:0:0:0:1')).toEqual(one);
    expect(parseAddress('::ffff:1.2.3.4')).toEqual(parseAddress('::ffff:102:304'));
    expect(parseAddress('1::')).toEqual(parseAddress('1:0:0:0:0:0:0:0'));
    expect(parseAddress('::')?.value).toBe(0n);
    const none = [
      '',
      '1.2.3',
      '01.2.3.4',
      '0x7f.0.0.1',
      '1.2.3.4.',
      '256.1.1.1',
      'fe80::1%eth0',
      '[::1]',
      '::1::',
      'a.b',
    ];
    for (const text of none) expect(parseAddress(text), text).toBeNull();
  });
});

describe('a network', () => {
  test('is an address and the bits that all of it share', () => {
    for (const text of ['0.0.0.0/0', '10.0.0.0/8', '192.168.1.1/32', '::/0', 'fd00::/8', '::1/128', '2001:DB8::/32']) {
      expect(isNetwork(text), text).toBe(true);
    }
  });

  test('has no bits behind those, and no other form', () => {
    const none = [
      '',
      '10.0.0.0',
      '10.0.0.1/8',
      '10.0.0.0/33',
      '10/8',
      '::1/0',
      '::1/129',
      'fd00::/08',
      'x/8',
      '1.2.3.4/-1',
    ];
    for (const text of none) expect(parseNetwork(text), text).toBeNull();
  });
});
