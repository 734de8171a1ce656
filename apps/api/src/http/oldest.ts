/** Maps that keep a bounded number of entries. */

/** Drops the oldest entry of a map that holds so many. */
export function makeRoom(entries: Map<string, unknown>, most: number): void {
  if (entries.size < most) return;
  for (const oldest of entries.keys()) {
    entries.delete(oldest);
    return;
  }
}
