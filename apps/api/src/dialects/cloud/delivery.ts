/** What webhooks of this dialect are sent. */
import type { DeliveredEvent } from '@turnlog/core/webhook-store';

/** An event as it is stored. */
export function presentDelivery({ text }: DeliveredEvent): string | Uint8Array {
  return text;
}
