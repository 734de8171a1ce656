/** What must hold of deliveries after any number of crashes (I9); each violation is one sentence. */
import type { Outage } from './crashing-server.ts';
import type { Arrival } from './endpoints.ts';

/** A committed event. */
export interface LoggedEvent {
  readonly id: string;
  readonly type: string;
  /** The session in whose order it goes; null: none. */
  readonly session: string | null;
  /** SHA-256 of the event in the words of the webhook's dialect, base64; null: nobody has looked. */
  readonly digest: string | null;
  /** Deleted with its session: it may have come, or not. */
  readonly erased: boolean;
}

/** What the log of deliveries shows. */
export interface LoggedDelivery {
  readonly event: string;
  readonly state: string;
  readonly replay: string | null;
}

export interface Subscription {
  readonly name: string;
  readonly patterns: readonly string[];
  readonly ordering: 'none' | 'session';
  /** Whether it answers 2xx at least now and then, so that everything must have come through. */
  readonly recovers: boolean;
  readonly arrivals: readonly Arrival[];
  /** Null: nobody has looked. */
  readonly deliveries: readonly LoggedDelivery[] | null;
}

export interface ReplayOutcome {
  readonly id: string;
  readonly status: string;
  readonly delivered: number;
  readonly failed: number;
  readonly total: number;
}

export interface WebhookVerdict {
  readonly violations: readonly string[];
  /** Events that came again though they had been answered with a 2xx. */
  readonly duplicates: number;
}

const ATTEMPTS_AT_ONCE = 4;

/** Judges the live deliveries of a webhook that has had its time to settle. */
export function judgeWebhook(
  { name, patterns, ordering, recovers, arrivals, deliveries }: Subscription,
  log: readonly LoggedEvent[],
  outages: readonly Outage[],
): WebhookVerdict {
  const due = log.filter(({ type }) => isMatch(type, patterns));
  const live = byEvent(arrivals.filter(({ replay }) => replay === null));
  const violations = strangers(name, live, due);
  const failed = new Set(deliveries?.filter(isLiveAnd('failed')).map(({ event }) => event));
  if (recovers) violations.push(...losses(name, live, due, failed));
  if (ordering === 'session') violations.push(...disorder(name, live, due));
  if (deliveries !== null) violations.push(...logViolations(name, live, due, deliveries, recovers));
  const repeated = repetitions(name, live, outages);
  const crowd = recovers ? crowds(name, arrivals) : [];
  return { violations: [...violations, ...repeated.violations, ...crowd], duplicates: repeated.duplicates };
}

/** Judges a replay of the events that were in its range when it was made. */
export function judgeReplay(
  { id, status, delivered, failed, total }: ReplayOutcome,
  arrivals: readonly Arrival[],
  inRange: readonly LoggedEvent[],
): WebhookVerdict {
  const violations: string[] = [];
  const came = byEvent(arrivals.filter(({ replay }) => replay === id));
  const kept = inRange.filter(({ erased }) => !erased);
  if (status !== 'completed') violations.push(`${id}: it is ${status}`);
  if (delivered + failed !== total)
    violations.push(`${id}: ${delivered} delivered + ${failed} failed are not ${total}`);
  if (total < kept.length || total > inRange.length)
    violations.push(`${id}: its total is ${total}, of ${inRange.length} events in its range`);
  violations.push(...strangers(id, came, inRange));
  const succeeded = [...came.values()].filter((attempts) =>
    attempts.some(({ succeeded }) => succeeded !== null),
  ).length;
  const erased = inRange.length - kept.length;
  if (delivered > succeeded || succeeded - delivered > erased)
    violations.push(`${id}: it counts ${delivered} as delivered, and ${succeeded} were answered with a 2xx`);
  const missing = kept.filter((event) => !came.has(event.id));
  if (missing.length > 0) violations.push(`${id}: ${missing.length} events never arrived, from ${missing[0]?.id} on`);
  const again = [...came.values()].reduce((sum, attempts) => sum + afterSuccess(attempts).length, 0);
  return { violations, duplicates: again };
}

/** The patterns' own rule, told anew: `*` stands for any run of characters; events about deliveries are never meant. */
export function isMatch(type: string, patterns: readonly string[]): boolean {
  if (type.startsWith('webhook.')) return false;
  return patterns.some((pattern) => {
    const source = pattern.split('*').map((part) => part.replaceAll('.', '\\.'));
    return new RegExp(`^${source.join('.*')}$`).test(type);
  });
}

type Arrivals = ReadonlyMap<string, readonly Arrival[]>;

function byEvent(arrivals: readonly Arrival[]): Arrivals {
  const found = new Map<string, Arrival[]>();
  for (const arrival of arrivals) {
    const known = found.get(arrival.id);
    if (known === undefined) found.set(arrival.id, [arrival]);
    else known.push(arrival);
  }
  return found;
}

/** Nothing comes that was never committed, that was not asked for, or that is not what was stored. */
function strangers(name: string, came: Arrivals, due: readonly LoggedEvent[]): string[] {
  const found: string[] = [];
  const known = new Map(due.map((event) => [event.id, event]));
  for (const [id, attempts] of came) {
    const event = known.get(id);
    const type = attempts[0]?.type;
    if (event === undefined)
      found.push(`${name}: ${id} (${type}) arrived, and nothing that it may be sent has that id`);
    else if (attempts.some(({ digest }) => event.digest !== null && digest !== event.digest))
      found.push(`${name}: ${id} did not arrive as it is stored`);
  }
  return found;
}

/** Every event comes through, unless its delivery has failed for good: then it came, at least. */
function losses(name: string, came: Arrivals, due: readonly LoggedEvent[], failed: ReadonlySet<string>): string[] {
  const kept = due.filter(({ erased }) => !erased);
  const missing = kept.filter(({ id }) => !came.has(id));
  const refused = kept.filter(({ id }) => {
    const attempts = came.get(id);
    return attempts !== undefined && !failed.has(id) && attempts.every(({ succeeded }) => succeeded === null);
  });
  const found: string[] = [];
  if (missing.length > 0) found.push(`${name}: ${missing.length} events never arrived, from ${missing[0]?.id} on`);
  if (refused.length > 0) found.push(`${name}: ${refused.length} events never came through, from ${refused[0]?.id} on`);
  return found;
}

/**
 * An event of a session comes only after the one before it has come through; after its last attempt, when it never has
 * (it was given up, or deleted).
 */
function disorder(name: string, came: Arrivals, due: readonly LoggedEvent[]): string[] {
  const found: string[] = [];
  const last = new Map<string, { readonly id: string; readonly over: number }>();
  for (const { id, session } of [...due].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const attempts = came.get(id);
    const first = attempts?.[0];
    if (session === null || attempts === undefined || first === undefined) continue;
    const before = last.get(session);
    if (before !== undefined && first.arrived < before.over)
      found.push(`${name}: ${id} arrived before ${before.id} of the same session had come through`);
    const success = attempts.find(({ succeeded }) => succeeded !== null)?.succeeded;
    const over = success ?? Math.max(...attempts.map(({ arrived }) => arrived));
    last.set(session, { id, over: Math.max(over, before?.over ?? 0) });
  }
  return found;
}

/** The log of deliveries has every event once, with what became of it. */
function logViolations(
  name: string,
  came: Arrivals,
  due: readonly LoggedEvent[],
  deliveries: readonly LoggedDelivery[],
  recovers: boolean,
): string[] {
  const found: string[] = [];
  const live = deliveries.filter(({ replay }) => replay === null);
  const logged = new Set(live.map(({ event }) => event));
  if (logged.size < live.length) found.push(`${name}: ${live.length - logged.size} events are logged twice`);
  const untrue = live.filter(({ event, state }) => {
    return state === 'succeeded' && !came.get(event)?.some(({ succeeded }) => succeeded !== null);
  });
  if (untrue.length > 0)
    found.push(
      `${name}: ${untrue.length} deliveries are logged as succeeded and were not, from ${untrue[0]?.event} on`,
    );
  if (!recovers) return found;
  const unlogged = due.filter(({ id, erased }) => !erased && !logged.has(id));
  if (unlogged.length > 0) found.push(`${name}: ${unlogged.length} events are not logged, from ${unlogged[0]?.id} on`);
  const waiting = live.filter(({ state }) => state === 'retrying' || state === 'pending');
  if (waiting.length > 0) found.push(`${name}: ${waiting.length} deliveries still wait, from ${waiting[0]?.event} on`);
  return found;
}

/** Only a crash may bring again what had come through. */
function repetitions(name: string, came: Arrivals, outages: readonly Outage[]): WebhookVerdict {
  const violations: string[] = [];
  let duplicates = 0;
  for (const [id, attempts] of came) {
    for (const { arrivedMs, since } of afterSuccess(attempts)) {
      duplicates++;
      const excused = outages.some(({ fromMs, untilMs }) => fromMs <= arrivedMs && untilMs >= since);
      if (!excused) violations.push(`${name}: ${id} came again without a crash`);
    }
  }
  return { violations, duplicates };
}

/** The attempts behind the first that came through, each with when that or the one before it was answered. */
function afterSuccess(attempts: readonly Arrival[]): { readonly arrivedMs: number; readonly since: number }[] {
  const found: { arrivedMs: number; since: number }[] = [];
  let since: number | null = null;
  for (const { arrivedMs, endedMs, succeeded } of attempts) {
    if (since !== null) found.push({ arrivedMs, since });
    if (succeeded !== null || since !== null) since = endedMs;
  }
  return found;
}

function crowds(name: string, arrivals: readonly Arrival[]): string[] {
  const most = arrivals.reduce((max, { atOnce }) => Math.max(max, atOnce), 0);
  return most <= ATTEMPTS_AT_ONCE ? [] : [`${name}: ${most} attempts were under way at once`];
}

function isLiveAnd(wanted: string): (delivery: LoggedDelivery) => boolean {
  return ({ state, replay }) => state === wanted && replay === null;
}
