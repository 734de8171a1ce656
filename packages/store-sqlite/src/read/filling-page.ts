/** A page as it fills: up to a number of records and of bytes, but at least one record. */
import { limits } from '@turnlog/core/limits';

export class FillingPage<Item> {
  readonly data: Item[] = [];
  /** Set when a record no longer fitted. */
  hasMore = false;
  readonly #limit: number;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(limit: number, maxBytes: number = limits.pageBytes) {
    this.#limit = limit;
    this.#maxBytes = maxBytes;
  }

  /** False when the record no longer fits: the page is full and more follows. */
  add(item: Item, bytes: number): boolean {
    this.#bytes += bytes;
    const fits = this.data.length < this.#limit && (this.#bytes <= this.#maxBytes || this.data.length === 0);
    if (fits) this.data.push(item);
    else this.hasMore = true;
    return fits;
  }
}
