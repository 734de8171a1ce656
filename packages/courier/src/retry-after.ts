/** `Retry-After`: how long an endpoint asks to be left alone. */
import { limits } from '@turnlog/core/limits';

const SECONDS = /^[0-9]+$/;
/** The form that senders must use, and the two older ones. */
const DATE = /^(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?,? .*\d\d:\d\d:\d\d/;
const MS_PER_SECOND = 1000;

/** Whole seconds from now, bounded; null: it does not ask, or in no form that there is. */
export function retryAfterSeconds(header: string | readonly string[] | undefined, nowMs: number): number | null {
  const text = (typeof header === 'string' ? header : header?.[0])?.trim() ?? '';
  const seconds = SECONDS.test(text) ? Number(text) : secondsUntil(text, nowMs);
  return Number.isNaN(seconds) ? null : Math.max(0, Math.min(seconds, limits.retryAfterSecondsMax));
}

function secondsUntil(text: string, nowMs: number): number {
  if (!DATE.test(text)) return Number.NaN;
  const atMs = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Math.ceil((atMs - nowMs) / MS_PER_SECOND);
}
