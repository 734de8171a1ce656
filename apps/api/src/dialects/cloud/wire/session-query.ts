/** The query of the session list. */
import { invalid } from '@turnlog/core/errors';
import { SESSION_STATUSES, type SessionStatus } from '@turnlog/core/lifecycle';
import { limits } from '@turnlog/core/limits';
import { checkExternalId, checkText } from '@turnlog/core/sessions';
import type { SessionQuery } from '@turnlog/core/store';
import { list, type QueryValues, text } from '../../../http/query.ts';
import { CREATED_AT, paging, readRange } from './page.ts';

export const SESSION_QUERY = {
  ...paging('session', 'desc'),
  statuses: list({ $ref: '#/components/schemas/SessionStatus' }, 'Only sessions with one of these statuses.'),
  agent_id: text({ type: 'string' }, 'Only sessions of this agent.'),
  external_id: text({ type: 'string' }, 'Only the session with this external id.'),
  include_archived: text({ type: 'boolean', default: false }, 'Whether archived sessions are listed too.'),
  ...CREATED_AT,
  metadata: {
    form: 'map',
    schema: { type: 'object', additionalProperties: { type: 'string' } },
    description: 'Only sessions whose metadata has all these pairs: `metadata[key]=value`.',
  },
} as const;

type Filters = Omit<SessionQuery, 'order' | 'cursor' | 'limit'>;

/** Throws `invalid_request` naming the parameter. */
export function readSessionFilters(query: QueryValues<typeof SESSION_QUERY>): Filters {
  const { agent_id: agentId = null, external_id: externalId = null } = query;
  if (agentId !== null) checkText(agentId, 'agent_id', limits.labelCharacters, 1);
  if (externalId !== null) checkExternalId(externalId, 'external_id');
  return {
    range: readRange(query),
    statuses: readStatuses(query.statuses),
    agentId,
    externalId,
    includeArchived: readFlag(query.include_archived),
    metadata: readPairs(query.metadata ?? {}),
  };
}

function readStatuses(names: readonly string[] | undefined): readonly SessionStatus[] | null {
  if (names === undefined) return null;
  return names.map((name) => {
    const status = SESSION_STATUSES.find((known) => known === name);
    if (status === undefined) throw invalid('statuses', `'statuses' may list ${SESSION_STATUSES.join(', ')}.`);
    return status;
  });
}

function readFlag(value: string | undefined): boolean {
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  throw invalid('include_archived', "'include_archived' must be 'true' or 'false'.");
}

function readPairs(pairs: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(pairs);
  if (entries.length > limits.metadataPairs) {
    throw invalid('metadata', `'metadata' has ${entries.length} pairs; a session may have ${limits.metadataPairs}.`);
  }
  for (const [key, value] of entries) {
    const param = `metadata[${key.slice(0, limits.metadataKeyCharacters)}]`;
    checkText(key, param, limits.metadataKeyCharacters, 1);
    checkText(value, param, limits.metadataValueCharacters);
  }
  return pairs;
}
