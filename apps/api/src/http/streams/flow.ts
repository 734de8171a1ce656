/** Whether a client takes what is written to it. */

/** An answer, or the end of a socket. */
export interface Outgoing {
  readonly writableLength: number;
  readonly socket: { readonly bytesWritten: number } | null;
}

export class Flow {
  #takenBytes = 0;
  #stuckSinceMs: number | null = null;

  /** Since when some bytes have waited and none were taken, as far as looks have shown; null: none wait, or they move. */
  stuckSinceMs(outgoing: Outgoing, nowMs: number): number | null {
    const waitingBytes = outgoing.writableLength;
    const takenBytes = waitingBytes === 0 ? 0 : (outgoing.socket?.bytesWritten ?? 0) - waitingBytes;
    if (waitingBytes === 0 || takenBytes > this.#takenBytes) this.#stuckSinceMs = null;
    else this.#stuckSinceMs ??= nowMs;
    this.#takenBytes = Math.max(this.#takenBytes, takenBytes);
    return this.#stuckSinceMs;
  }
}
