/** Reading the feed: its filters, as every dialect that shows it takes them. */
import type { ListName } from '@turnlog/core/cursors';
import { invalid } from '@turnlog/core/errors';
import type { EventFilter } from '@turnlog/core/event-filter';
import { checkPatterns } from '@turnlog/core/events';
import type { OrgId } from '@turnlog/core/ids';
import { limits } from '@turnlog/core/limits';
import { checkText, sessionRef } from '@turnlog/core/sessions';
import type { Store } from '@turnlog/core/store';
import { list, text } from './query.ts';

/** The list of all events of an org. */
export const FEED: ListName<'evt'> = { kind: 'evt', of: null };

export const TYPES = list(
  { type: 'string' },
  'Only events of these types; `*` stands for any run of characters, as in `session.*`.',
);

export const FEED_FILTERS = {
  session_id: text(
    { type: 'string' },
    'Only events of this session, and account events about it. A name that stands for no session matches nothing.',
  ),
  agent_id: text({ type: 'string' }, "Only events of this agent's sessions, and account events about it."),
} as const;

export interface FilterParameters {
  readonly types?: readonly string[] | undefined;
  readonly session_id?: string;
  readonly agent_id?: string;
}

/** Null: everything. `typesParam`: what the dialect calls the types. Throws `invalid_request` naming the parameter. */
export async function readFeedFilter(
  store: Pick<Store, 'sessionNamed'>,
  org: OrgId,
  query: FilterParameters,
  typesParam = 'types',
): Promise<EventFilter | null> {
  const { types = null, session_id } = query;
  const agentId = query.agent_id ?? null;
  if (types !== null) checkPatterns(types, typesParam);
  if (session_id === '') throw invalid('session_id', "'session_id' is empty: name a session, or leave it out.");
  if (agentId !== null) checkText(agentId, 'agent_id', limits.labelCharacters, 1);
  if (types === null && session_id === undefined && agentId === null) return null;
  const ref = session_id === undefined ? null : sessionRef(session_id);
  const named = ref === null ? null : await store.sessionNamed(org, ref);
  return { types, session: session_id === undefined ? null : (named ?? 'none'), agentId };
}
