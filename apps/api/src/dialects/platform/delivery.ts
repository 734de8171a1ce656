/** What webhooks of this dialect are sent. */
import { viewEvent } from '@turnlog/core/event-view';
import type { OrgId } from '@turnlog/core/ids';
import type { DeliveredEvent } from '@turnlog/core/webhook-store';
import { decoded } from '../../http/views.ts';
import { presentEvent } from './wire/event.ts';

export function presentDelivery({ text, origin, requestId }: DeliveredEvent, org: OrgId): string {
  return presentEvent(viewEvent({ text: typeof text === 'string' ? text : decoded(text), origin, requestId }), org);
}
