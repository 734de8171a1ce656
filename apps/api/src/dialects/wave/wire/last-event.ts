/** Where a listener goes on: the number of the last event that it has. */
import { invalid } from '@turnlog/core/errors';
import { type QueryTable, text } from '../../../http/query.ts';

export const LISTEN_QUERY = {
  last_event: text(
    { type: 'integer' },
    'The number of the last event that you have: later ones are answered at once. 0 or less means all there are. ' +
      'Left out, only what comes after this request is answered.',
  ),
} as const satisfies QueryTable;

const INTEGER = /^-?[0-9]+$/;

/** The lowest number that is wanted, from 1; null: what comes next. Throws `invalid_request`. */
export function firstWanted(lastEvent: string | undefined): number | null {
  if (lastEvent === undefined) return null;
  const number = INTEGER.test(lastEvent) ? Number(lastEvent) : Number.NaN;
  if (!(number <= Number.MAX_SAFE_INTEGER)) {
    throw invalid('last_event', "'last_event' must be a whole number in plain digits, such as 8, or be left out.");
  }
  return Math.max(1, number + 1);
}
