/** Where requests may go: to public addresses by https on its usual ports, and anyhow into the networks that are allowed. */
import { type Address, contains, isPublic, type Network, overlap, parseNetwork } from './addresses.ts';

const PORTS: ReadonlySet<number> = new Set([443, 8443]);
const LOOPBACK = ['127.0.0.0/8', '::1/128'].map(networkOf);

export class Egress {
  readonly #allowed: readonly Network[];
  /** Whether anything inside is allowed at all. */
  readonly anyInside: boolean;
  /** Whether some of the addresses that this machine calls itself by are. */
  readonly anyLoopback: boolean;

  /** Throws when one of them is no network as `10.0.0.0/8`. */
  constructor(allow: readonly string[]) {
    this.#allowed = allow.map(networkOf);
    this.anyInside = allow.length > 0;
    this.anyLoopback = this.#allowed.some((network) => LOOPBACK.some((loopback) => overlap(network, loopback)));
  }

  permits(address: Address, secure: boolean, port: number): boolean {
    return this.isAllowed(address) || (secure && isUsualPort(port) && isPublic(address));
  }

  isAllowed(address: Address): boolean {
    return this.#allowed.some((network) => contains(network, address));
  }
}

/** Whether public endpoints may listen there. */
export function isUsualPort(port: number): boolean {
  return PORTS.has(port);
}

function networkOf(text: string): Network {
  const network = parseNetwork(text);
  if (network === null) throw new Error(`'${text}' is no network such as 10.0.0.0/8.`);
  return network;
}
