/** Connections to addresses that were checked, and to no others. */
import { connect, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import { type Address, parseAddress } from './addresses.ts';
import type { Egress } from './egress.ts';
import { DialError, type Failure, failureOf } from './failures.ts';
import type { Lookup } from './names.ts';

export interface ConnectorOptions {
  readonly egress: Egress;
  readonly lookup: Lookup;
  /** From the look-up to the end of the handshake. */
  readonly timeoutMs: number;
}

export interface Connector {
  readonly connect: buildConnector.connector;
  /** Connections that there are, half-open ones included. */
  open(): number;
}

interface Target {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly secure: boolean;
  readonly port: number;
}

const PORTS = { secure: 443, plain: 80 } as const;

/**
 * How undici gets its connections. Every address of the host must be permitted; the one that is dialled is one of them,
 * so another answer of DNS changes nothing; and it is looked at once more when it is connected, before a byte is sent.
 */
export function createConnector(options: ConnectorOptions): Connector {
  const { egress, lookup, timeoutMs } = options;
  const handshake = buildConnector({ allowH2: false, rejectUnauthorized: true, timeout: timeoutMs });
  let count = 0;
  const connectTo: buildConnector.connector = (asked, callback) => {
    const target = targetOf(asked);
    let opened: Socket | null = null;
    let over = false;
    let shaking = false;
    const end: buildConnector.Callback = (...outcome) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      if (outcome[0] !== null) opened?.destroy();
      callback(...outcome);
    };
    const fail = (failure: Failure) => end(new DialError(failure), null);
    const lost = (failure: Failure) => fail(shaking ? 'TLS handshake failed' : failure);
    const timer = setTimeout(() => fail('Connection timeout'), timeoutMs);
    addressOf(target, egress, lookup).then(
      (address) => {
        if (over) return;
        const socket = connect({ host: address, port: target.port, noDelay: true });
        opened = socket;
        count++;
        socket.on('error', (error) => lost(failureOf(error)));
        socket.once('close', () => {
          count--;
          lost('Connection closed');
        });
        socket.once('connect', () => {
          if (!isPermitted(parseAddress(socket.remoteAddress ?? ''), target, egress)) return fail('No allowed address');
          if (!target.secure) return end(null, socket);
          shaking = true;
          const servername = parseAddress(target.host) === null ? target.host.replace(/\.$/, '') : '';
          handshake({ ...asked, servername, httpSocket: socket }, (error, secured) => {
            if (error === null) end(null, secured);
            else lost('TLS handshake failed');
          });
        });
      },
      (error: Error) => fail(failureOf(error)),
    );
  };
  return { connect: connectTo, open: () => count };
}

/** The one of a host's addresses that is dialled. Rejects with `DialError` unless it has some and all of them may be. */
async function addressOf(target: Target, egress: Egress, lookup: Lookup): Promise<string> {
  const literal = parseAddress(target.host);
  const addresses = literal === null ? await lookup(target.host).catch(() => []) : [target.host];
  const [first] = addresses;
  const permitted = addresses.every((address) => isPermitted(parseAddress(address), target, egress));
  if (first !== undefined && permitted) return first;
  throw new DialError('No allowed address');
}

function isPermitted(address: Address | null, { secure, port }: Target, egress: Egress): boolean {
  return address !== null && egress.permits(address, secure, port);
}

function targetOf({ hostname, protocol, port }: buildConnector.Options): Target {
  const secure = protocol === 'https:';
  return { host: hostname, secure, port: Number(port) || (secure ? PORTS.secure : PORTS.plain) };
}
