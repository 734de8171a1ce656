/** Asking for another attempt of a delivery. */
import { TurnlogError } from '../errors.ts';
import type { KnownDelivery } from './deliveries.ts';

/** What asking for another attempt looks at, and changes. */
type Resendable = Pick<
  KnownDelivery,
  'id' | 'state' | 'cancelReason' | 'nextUs' | 'attemptCount' | 'resentAfter' | 'manual'
>;

/**
 * The delivery as it waits for the attempt that somebody asks for, with a schedule that begins anew. One that waits by its
 * own schedule is only brought forward; any other is from now on announced no more. Refuses with `delivery_running` one
 * that is pending or due, and with `event_gone` one whose event is deleted.
 */
export function planResend<Resent extends Resendable>(delivery: Resent, eventExists: boolean, nowUs: number): Resent {
  const { id, state, nextUs, attemptCount } = delivery;
  if (state === 'pending' || (nextUs !== null && nextUs <= nowUs)) {
    throw new TurnlogError('delivery_running', `Delivery '${id}' is on its way: wait until this attempt is over.`);
  }
  if (!eventExists) {
    throw new TurnlogError('event_gone', `The event of delivery '${id}' is deleted, and cannot be sent again.`);
  }
  return {
    ...delivery,
    state: 'pending',
    cancelReason: null,
    nextUs: nowUs,
    resentAfter: attemptCount,
    manual: delivery.manual || state !== 'retrying',
  };
}
