/** IP addresses and networks as numbers, and which addresses the whole internet can reach. */
import { isIPv4, isIPv6 } from 'node:net';

export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

export interface Network {
  readonly first: Address;
  /** Bits that all its addresses share. */
  readonly prefix: number;
}

const BITS = { 4: 32, 6: 128 } as const;
const GROUPS = 8;
const GROUP_BITS = 16n;
const OCTET_BITS = 8n;
const CIDR = /^([0-9A-Fa-f:.]+)\/(0|[1-9][0-9]{0,2})$/;

/**
 * What no endpoint on the internet has, by IANA's registries of special-purpose addresses and of multicast; those that
 * are as good as none, such as relays of 6to4, count. Anything with a v4 address inside lies here or outside of `UNICAST`.
 */
const SPECIAL = networks(
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24'],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  '168.63.129.16/32', // a cloud's own machines, though no registry says so
  ...['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'],
);
/** The only part of IPv6 that addresses of endpoints are given from. */
const UNICAST = networks('2000::/3');

/** Null: no address in its usual form, without a zone. */
export function parseAddress(text: string): Address | null {
  if (isIPv4(text)) return { family: 4, value: valueOfOctets(text) };
  return isIPv6(text) && !text.includes('%') ? { family: 6, value: valueOfGroups(text) } : null;
}

/** A network as `10.0.0.0/8` or `fd00::/8`; null: it is none, or an address inside of one. */
export function parseNetwork(text: string): Network | null {
  const [, base = '', bits = ''] = CIDR.exec(text) ?? [];
  const first = parseAddress(base);
  const prefix = Number(bits);
  if (first === null || prefix > BITS[first.family]) return null;
  return BigInt.asUintN(hostBits(first, prefix), first.value) === 0n ? { first, prefix } : null;
}

export function contains({ first, prefix }: Network, { family, value }: Address): boolean {
  if (family !== first.family) return false;
  const bits = BigInt(hostBits(first, prefix));
  return value >> bits === first.value >> bits;
}

/** Whether two networks have an address in common. */
export function overlap(one: Network, other: Network): boolean {
  return contains(one, other.first) || contains(other, one.first);
}

export function isPublic(address: Address): boolean {
  if (SPECIAL.some((network) => contains(network, address))) return false;
  return address.family === 4 || UNICAST.some((network) => contains(network, address));
}

function hostBits({ family }: Address, prefix: number): number {
  return BITS[family] - prefix;
}

function valueOfOctets(text: string): bigint {
  return text.split('.').reduce((value, octet) => (value << OCTET_BITS) | BigInt(octet), 0n);
}

function valueOfGroups(text: string): bigint {
  const [front = [], back = []] = text.split('::').map(groupsOf);
  const zeros = new Array<bigint>(GROUPS - front.length - back.length).fill(0n);
  return [...front, ...zeros, ...back].reduce((value, group) => (value << GROUP_BITS) | group, 0n);
}

/** The last two may be written as a v4 address. */
function groupsOf(text: string): bigint[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)];
    const value = valueOfOctets(group);
    return [value >> GROUP_BITS, BigInt.asUintN(Number(GROUP_BITS), value)];
  });
}

function networks(...texts: readonly string[]): readonly Network[] {
  return texts.map((text) => {
    const network = parseNetwork(text);
    if (network === null) throw new Error(`'${text}' is no network.`);
    return network;
  });
}

/** Whether a text is a network as `10.0.0.0/8` or `fd00::/8`. */
export function isNetwork(text: string): boolean {
  return parseNetwork(text) !== null;
}
