/** Members that bodies of several operations have, and times as they are shown. */
import { z } from '@hono/zod-openapi';
import { formatMicros, parseInstant } from '@turnlog/core/clock';
import { invalid } from '@turnlog/core/errors';
import { limits } from '@turnlog/core/limits';
import { must } from '../../body-members.ts';
import { notAnInstant } from '../../time-query.ts';

/** The first year that an id cannot tell in microseconds. */
const LAST_YEAR = 2255;

export const time = (description: string) => z.string().openapi({ format: 'date-time', description });
export const nullableTime = (description: string) =>
  z.string().nullable().openapi({ format: 'date-time', description });

/** A list of type patterns; what they may be is the domain's to say. */
export function patterns(description: string) {
  const items = { type: 'string', maxLength: limits.eventTypeCharacters } as const;
  return z
    .unknown()
    .transform((input, context): readonly string[] => {
      const fault = patternsFault(input);
      if (fault === null) return [...new Set(input as readonly string[])];
      context.addIssue({ code: 'custom', ...fault });
      return z.NEVER;
    })
    .openapi({ type: 'array', items, minItems: 1, maxItems: limits.typePatterns, description });
}

/** Only the first fault: a list may have as many as fit into a body. */
function patternsFault(input: unknown): { readonly message: string; readonly path?: number[] } | null {
  if (!Array.isArray(input)) {
    return { message: must("an array of event types such as ['session.*']").error({ input }) };
  }
  if (input.length > limits.typePatterns) {
    return { message: `must have at most ${limits.typePatterns} patterns` };
  }
  const fault = input.findIndex((pattern) => typeof pattern !== 'string');
  return fault < 0 ? null : { message: 'must be a string', path: [fault] };
}

export function presentTime(micros: number | null): string | null {
  return micros === null ? null : formatMicros(micros);
}

/** The first whole microsecond at or after an instant, from 1970 on. Throws `invalid_request`. */
export function readInstant(text: string, param: string): number {
  const instant = parseInstant(text);
  if (instant === null) throw notAnInstant(param);
  if (instant.ceilUs <= Number.MAX_SAFE_INTEGER) return Math.max(0, instant.ceilUs);
  throw invalid(param, `'${param}' must lie before the year ${LAST_YEAR}.`);
}
