/** The Courier port: outgoing HTTP, to addresses that it has checked and to no others. */

/** One request to an endpoint, as it goes out. */
export interface Letter {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** How an endpoint answered, or why it did not. */
export interface Receipt {
  /** Null: there was no answer. */
  readonly statusCode: number | null;
  readonly durationMs: number;
  /** Why the delivery failed, in a few words that tell nothing of the inside; null: the answer was a 2xx. */
  readonly error: string | null;
  /** The beginning of the answer's body, as well-formed text; null: it had none. */
  readonly excerpt: string | null;
  /** How long the endpoint asks us to wait, in seconds; null: it does not ask. */
  readonly retryAfterSeconds: number | null;
}

export interface Courier {
  /**
   * What is wrong with the URL of an endpoint, as a sentence that goes on behind its parameter's name ("must …"); null:
   * nothing that shows without dialling.
   */
  problemOf(url: string): string | null;
  /** Delivers a letter within its time; never rejects. */
  post(letter: Letter): Promise<Receipt>;
  /** Ends every connection; attempts under way fail. */
  close(): Promise<void>;
}
