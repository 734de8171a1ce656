import type { Transport } from './transport.ts';

export type { RequestOptions } from './options.ts';

/** What all resources have in common: the transport they send by. */
export class Resource {
  protected readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }
}
