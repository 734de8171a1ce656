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
  if (ordering === 'session') violations.push(...disorder(name, live, due, outages));
  if (deliveries !== null) violations.push(...logViolations(name, live, due, deliveries, recovers, outages));
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
 * An event of a session comes only after the one before it has come through. One that never has (it was given up, or
 * deleted) is not tried any more once the next one has been; but for a crash, after which both may come again.
 */
function disorder(name: string, came: Arrivals, due: readonly LoggedEvent[], outages: readonly Outage[]): string[] {
  const found: string[] = [];
  const last = new Map<string, LoggedEvent>();
  const attemptsAt = ({ id }: LoggedEvent) => came.get(id) ?? [];
  const tries = (event: LoggedEvent) => `${event.type}: ${told(attemptsAt(event), outages)}`;
  for (const event of [...due].sort((one, other) => (one.id < other.id ? -1 : 1))) {
    const { id, session } = event;
    const [first] = attemptsAt(event);
    if (session === null || first === undefined) continue;
    const before = last.get(session);
    last.set(session, event);
    if (before === undefined || isOverBefore(attemptsAt(before), first, outages)) continue;
    const why = `${tries(event)}; ${tries(before)}`;
    found.push(`${name}: ${id} arrived before ${before.id} of the same session had come through (${why})`);
  }
  return found;
}

function isOverBefore(attempts: readonly Arrival[], next: Arrival, outages: readonly Outage[]): boolean {
  const success = attempts.find(({ succeeded }) => succeeded !== null)?.succeeded ?? null;
  if (success !== null) return success < next.arrived;
  const beside = attempts.filter(({ arrived }) => arrived > next.arrived);
  return beside.every(({ arrivedMs }) => hasCrashed(outages, next.arrivedMs, arrivedMs));
}

/** The log of deliveries has every event, with what became of it: once, and once more for each crash at most. */
function logViolations(
  name: string,
  came: Arrivals,
  due: readonly LoggedEvent[],
  deliveries: readonly LoggedDelivery[],
  recovers: boolean,
  outages: readonly Outage[],
): string[] {
  const found: string[] = [];
  const live = deliveries.filter(({ replay }) => replay === null);
  const logged = new Map<string, number>();
  for (const { event } of live) logged.set(event, (logged.get(event) ?? 0) + 1);
  const twice = [...logged].filter(([event, rows]) => {
    const firstMs = came.get(event)?.[0]?.arrivedMs ?? 0;
    return rows > 1 + outages.filter(({ untilMs }) => untilMs >= firstMs).length;
  });
  if (twice.length > 0) found.push(`${name}: ${twice.length} events are logged twice, from ${twice[0]?.[0]} on`);
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
      if (!hasCrashed(outages, since, arrivedMs))
        violations.push(`${name}: ${id} came again without a crash (${told(attempts, outages)})`);
    }
  }
  return { violations, duplicates };
}

/**
 * The attempts behind the first that came through, each with when the one before it was over; not those that follow a
 * failed attempt: what has to come again may fail, too.
 */
function afterSuccess(attempts: readonly Arrival[]): { readonly arrivedMs: number; readonly since: number }[] {
  const found: { arrivedMs: number; since: number }[] = [];
  let before: Arrival | null = null;
  for (const attempt of attempts) {
    if (before !== null && before.succeeded !== null)
      found.push({ arrivedMs: attempt.arrivedMs, since: before.endedMs });
    before = attempt;
  }
  return found;
}

/** When attempts began and how they ended, and when the server was away, in milliseconds. */
function told(attempts: readonly Arrival[], outages: readonly Outage[]): string {
  const tries = attempts.map(({ arrivedMs, succeeded }) => ({ atMs: arrivedMs, what: succeeded === null ? '!' : '' }));
  const crashes = outages.map(({ fromMs, untilMs }) => ({ atMs: fromMs, what: ` crash until ${Math.round(untilMs)}` }));
  const all = [...tries, ...crashes].sort((one, other) => one.atMs - other.atMs);
  return all.map(({ atMs, what }) => `${Math.round(atMs)}${what}`).join(', ');
}

function hasCrashed(outages: readonly Outage[], sinceMs: number, untilMs: number): boolean {
  return outages.some((outage) => outage.fromMs <= untilMs && outage.untilMs >= sinceMs);
}

function crowds(name: string, arrivals: readonly Arrival[]): string[] {
  const most = arrivals.reduce((max, { atOnce }) => Math.max(max, atOnce), 0);
  return most <= ATTEMPTS_AT_ONCE ? [] : [`${name}: ${most} attempts were under way at once`];
}

function isLiveAnd(wanted: string): (delivery: LoggedDelivery) => boolean {
  return ({ state, replay }) => state === wanted && replay === null;
}
