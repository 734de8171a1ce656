/** Compares what readers were shown with the log: each event once, in order, as it is stored. */
import type { Shown } from './pages.ts';
import type { Reader, Seen } from './reader.ts';

/** A stretch of a list: all that is in it from some position on. */
export class Truth {
  readonly events: readonly Shown[];
  readonly places: ReadonlyMap<string, number>;

  constructor(events: readonly Shown[]) {
    this.events = events;
    this.places = new Map(events.map(({ id }, index) => [id, index]));
  }
}

export interface Verdict {
  readonly violations: readonly string[];
  readonly skipped: number;
  readonly repeated: number;
}

/** Judges one reader that has had its time to catch up; `crashes` is how many there have been by now. */
export function judge(
  { name, seen, problem, position, begin }: Pick<Reader, 'name' | 'seen' | 'problem' | 'position' | 'begin'>,
  truth: Truth,
  crashes: number,
): Verdict {
  const violations: string[] = goneViolations(name, seen, truth, crashes);
  if (problem !== null) violations.push(`${name}: ${problem}`);
  let next = begin === null ? 0 : (truth.places.get(begin) ?? -1) + 1;
  let skipped = 0;
  let repeated = 0;
  for (const { id, text } of seen) {
    const place = truth.places.get(id);
    if (place === undefined) violations.push(`${name}: ${id} was shown and is not in the log`);
    else if (place < next) {
      repeated++;
      violations.push(`${name}: ${id} was shown again, or too late`);
    } else {
      if (place > next) {
        skipped += place - next;
        violations.push(`${name}: ${place - next} events were skipped, from ${truth.events[next]?.id} on`);
      }
      if (truth.events[place]?.text !== text) violations.push(`${name}: ${id} was shown as ${text}`);
      next = place + 1;
    }
  }
  const missing = truth.events.length - next;
  if (missing > 0 && problem === null)
    violations.push(`${name}: stuck at ${position}, missing ${missing} from ${truth.events[next]?.id} on`);
  return { violations, skipped, repeated };
}

/** What was shown before a crash must be there after it: nothing is shown that is not durable. */
function goneViolations(name: string, seen: readonly Seen[], truth: Truth, crashes: number): string[] {
  const found: string[] = [];
  for (const event of seen) {
    if (event.crashes >= crashes) continue;
    const place = truth.places.get(event.id);
    const stored = place === undefined ? undefined : truth.events[place]?.text;
    if (stored === undefined) found.push(`${name}: ${event.id} was shown before a crash and is gone after it`);
    else if (stored !== event.text) found.push(`${name}: ${event.id} was shown before a crash and is another after it`);
  }
  return found;
}
