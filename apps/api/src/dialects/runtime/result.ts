/** What a session came to: the text of the last message of its assistant. */
import { TurnlogError } from '@turnlog/core/errors';
import { type EventView, ownMember, textOf } from '@turnlog/core/event-view';
import type { OrgId } from '@turnlog/core/ids';
import { STATUS_OF_PHASE } from '@turnlog/core/lifecycle';
import { limits } from '@turnlog/core/limits';
import type { Session } from '@turnlog/core/sessions';
import type { EventSlice, Store } from '@turnlog/core/store';
import { viewOf } from '../../http/views.ts';

const ASSISTANT = 'assistant';

/** Rejects with `session_unfinished`, `result_not_found` or `session_not_found`. */
export async function resultOf(store: Pick<Store, 'sliceEvents'>, org: OrgId, session: Session): Promise<string> {
  const { id, phase } = session;
  if (STATUS_OF_PHASE[phase].runtime !== 'finished') {
    throw new TurnlogError('session_unfinished', `Session '${id}' is not finished.`);
  }
  const query = { low: 1, descending: true, types: ['message', 'agent.message'], limit: limits.sliceEvents };
  for (let high: number | null = session.eventCount; high !== null; ) {
    const slice: EventSlice = await store.sliceEvents(org, { id }, { ...query, high });
    const said = slice.events.map(viewOf).find(isOfAssistant);
    if (said !== undefined) {
      const text = textOf(ownMember(said, 'content'));
      if (text !== null) return text;
      break;
    }
    high = slice.next;
  }
  throw new TurnlogError('result_not_found', `Session '${id}' has no message of its assistant with text in it.`);
}

function isOfAssistant(view: EventView): boolean {
  if (view.type === 'agent.message') return true;
  const role = ownMember(view, 'role');
  return role?.kind === 'string' && JSON.parse(role.text) === ASSISTANT;
}
