/** The filters of the feed. */
import type { TimeRange } from '@turnlog/core/clock';
import { invalid } from '@turnlog/core/errors';
import type { EventFilter } from '@turnlog/core/event-filter';
import { checkPatterns } from '@turnlog/core/events';
import type { OrgId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import { checkText, sessionRef } from '@turnlog/core/sessions';
import type { Store } from '@turnlog/core/store';
import { CREATED_AT, type RangeParameters, readRange, text } from './page.ts';

export const FEED_FILTERS = {
  session_id: text(
    { type: 'string' },
    'Only events of this session, and account events about it. A name that stands for no session matches nothing.',
  ),
  agent_id: text({ type: 'string' }, "Only events of this agent's sessions, and account events about it."),
} as const;

export const FEED_RANGE = {
  since: text({ type: 'string', format: 'date-time' }, 'The same as `created_at[gte]`.'),
  until: text({ type: 'string', format: 'date-time' }, 'The same as `created_at[lt]`.'),
  ...CREATED_AT,
} as const;

const ALIASES = [
  ['since', 'created_at[gte]'],
  ['until', 'created_at[lt]'],
] as const;

interface FilterParameters {
  readonly types?: readonly string[];
  readonly session_id?: string;
  readonly agent_id?: string;
}

/** Null: everything. Throws `invalid_request` naming the parameter. */
export async function readFeedFilter(
  store: Pick<Store, 'sessionNamed'>,
  org: OrgId,
  query: FilterParameters,
): Promise<EventFilter | null> {
  const { types = null, session_id } = query;
  const agentId = query.agent_id ?? null;
  if (types !== null) checkPatterns(types, 'types');
  if (session_id === '') throw invalid('session_id', "'session_id' is empty: name a session, or leave it out.");
  if (agentId !== null) checkText(agentId, 'agent_id', limits.labelCharacters, 1);
  if (types === null && session_id === undefined && agentId === null) return null;
  const ref = session_id === undefined ? null : sessionRef(session_id);
  const named = ref === null ? null : await store.sessionNamed(org, ref);
  return { types, session: session_id === undefined ? null : (named ?? 'none'), agentId };
}

/** Throws `invalid_request` naming the parameter. */
export function readFeedRange(query: RangeParameters): TimeRange {
  for (const [alias, bound] of ALIASES) {
    if (query[alias] === undefined || query[bound] === undefined) continue;
    throw invalid(alias, `'${alias}' is the same as '${bound}': send one of them.`);
  }
  return readRange(query);
}
