import { decodeString, stringHash } from './tokens.ts';

/** Keys of one object that are compared one by one; beyond, they go into a Set. */
const COMPARED_KEYS = 32;

/**
 * The keys so far of every object around the cursor, innermost last, so that no object needs a collection of its own
 * until it has more than COMPARED_KEYS keys. An object is known by the number of keys before its first, which no other
 * open object shares.
 */
export class OpenKeys {
  private readonly source: string;
  private readonly hashes: number[] = [];
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  private readonly largeObjects = new Map<number, Set<string>>();
  private count = 0;

  constructor(source: string) {
    this.source = source;
  }

  open(): number {
    return this.count;
  }

  close(object: number): void {
    if (this.count - object === COMPARED_KEYS) this.largeObjects.delete(object);
    this.count = object;
  }

  /** Adds the key whose string token is `[start, end)`; false when the object has one of the same decoded name. */
  add(object: number, start: number, end: number): boolean {
    const { count, hashes } = this;
    if (count - object === COMPARED_KEYS) return this.addToLarge(object, start, end);
    const hash = stringHash(this.source, start, end);
    for (let index = object; index < count; index++) {
      if (hashes[index] === hash && this.nameAt(index) === decodeString(this.source, start, end)) return false;
    }
    hashes[count] = hash;
    this.starts[count] = start;
    this.ends[count] = end;
    this.count = count + 1;
    return true;
  }

  private addToLarge(object: number, start: number, end: number): boolean {
    let names = this.largeObjects.get(object);
    if (!names) {
      names = new Set();
      for (let index = object; index < this.count; index++) names.add(this.nameAt(index));
      this.largeObjects.set(object, names);
    }
    const { size } = names;
    return names.add(decodeString(this.source, start, end)).size > size;
  }

  /** The name of a key whose index is below `count`. */
  private nameAt(index: number): string {
    return decodeString(this.source, this.starts[index] as number, this.ends[index] as number);
  }
}
