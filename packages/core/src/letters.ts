/** The WriteLetter port: an event as the request that delivers it, in its dialect's words and signed. */
import type { Letter } from './courier.ts';
import type { OrgId, ReplayId } from './ids.ts';
import type { DeliveredEvent } from './webhook-store.ts';
import type { DeliveryDialect, SealedSecret } from './webhooks.ts';

export interface LetterRequest {
  readonly org: OrgId;
  readonly dialect: DeliveryDialect;
  readonly url: string;
  readonly event: DeliveredEvent;
  /** Those that sign, the current one first. */
  readonly secrets: readonly SealedSecret[];
  /** When it goes out, which the signatures cover. */
  readonly sentUs: number;
  /** Null: live. */
  readonly replay: ReplayId | null;
}

export type WriteLetter = (request: LetterRequest) => Letter;
