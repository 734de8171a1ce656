import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createConnector } from '../src/connector.ts';
import { Egress } from '../src/egress.ts';
import { cert, key } from './support/certificate.ts';
import { canary, closeAll, listen } from './support/receivers.ts';

const authorities = getCACertificates('default');
beforeAll(() => setDefaultCACertificates([...authorities, cert]));
afterAll(() => setDefaultCACertificates(authorities));
afterAll(closeAll);

test('connections are counted from their first packet to their end, with TLS and without, good and bad', async () => {
  const plain = await canary();
  const secure = await listen(createHttpsServer({ key, cert }));
  const egress = new Egress(['127.0.0.1/32']);
  const connector = createConnector({ egress, lookup: async () => ['127.0.0.1'], timeoutMs: 10_000 });
  const connect = (protocol: string, hostname: string, port: number) =>
    new Promise<Socket>((resolve, reject) => {
      const asked = { protocol, hostname, host: `${hostname}:${port}`, port: `${port}` };
      connector.connect(asked, (error, socket) => (error === null ? resolve(socket) : reject(error)));
    });
  const sockets = [
    await connect('http:', '127.0.0.1', plain.port),
    await connect('https:', 'receiver.test', secure.port),
  ];
  expect(connector.open()).toBe(2);
  await expect(connect('https:', 'other.test', secure.port)).rejects.toThrow('TLS handshake failed');
  await expect(connect('http:', '127.0.0.2', plain.port)).rejects.toThrow('No allowed address');
  await vi.waitFor(() => expect(connector.open()).toBe(2));
  for (const socket of sockets) socket.destroy();
  await vi.waitFor(() => expect(connector.open()).toBe(0));
});
