/** All sessions of an org, newest first, read page by page: by cursor, so that no page costs more than another. */
import type { TimeRange } from '@turnlog/core/clock';
import type { PageQuery } from '@turnlog/core/cursors';
import type { OrgId } from '@turnlog/core/ids';
import type { Store } from '@turnlog/core/store';
import { presentSession } from './wire/session.ts';

/** Sessions in one piece: what waits for a slow client. */
const PAGE = 50;
const ANY = { statuses: null, agentId: null, externalId: null, includeArchived: true, metadata: {} } as const;

/** The texts of the sessions that were made within a range. */
export async function* sessionTexts(
  store: Pick<Store, 'listSessions'>,
  org: OrgId,
  range: TimeRange,
): AsyncGenerator<string[]> {
  let cursor: PageQuery<'sess'>['cursor'] = null;
  for (;;) {
    const { data, hasMore } = await store.listSessions(org, { ...ANY, order: 'desc', limit: PAGE, cursor, range });
    yield data.map((session) => presentSession(session));
    const last = data.at(-1);
    if (!hasMore || last === undefined) return;
    cursor = { direction: 'after', id: last.id };
  }
}
