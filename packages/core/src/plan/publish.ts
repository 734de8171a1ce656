/** Publishing: events that producers put into the account stream, outside of any session. */
import type { EventDraft } from '../events.ts';
import { makeId } from '../ids.ts';
import { eventText } from './event-text.ts';
import { type EventRow, OrgClock, type OrgHead, type Plan, type PlanContext } from './plan.ts';

/** What a publication answers: the stored events, in order, and the number of the first in the account stream. */
export interface Published {
  readonly firstSeq: number;
  readonly texts: readonly string[];
}

/** Plans a publication. Nothing published moves a session, whatever its type. */
export function planPublish(org: OrgHead, drafts: readonly EventDraft[], context: PlanContext): Plan<Published> {
  const clock = new OrgClock(org, context.nowUs);
  const firstSeq = org.accountCount + 1;
  const events = drafts.map((draft, index): EventRow => {
    const { type, origin, schemaVersion, occurredAt, aboutAgent: agentId, aboutSession } = draft;
    const micros = clock.tick();
    const id = makeId('evt', micros, context.random);
    const text = eventText(
      { id, type, sessionId: null, turnId: null, schemaVersion, micros, occurredAt, seq: null },
      draft.fields,
    );
    return {
      stream: 'account',
      seq: firstSeq + index,
      id,
      type,
      origin,
      agentId,
      aboutAgent: null,
      aboutSession,
      text,
    };
  });
  return {
    org: { lastUs: clock.lastUs, accountCount: org.accountCount + events.length },
    session: null,
    deleted: false,
    events,
    value: { firstSeq, texts: events.map(({ text }) => text) },
  };
}
