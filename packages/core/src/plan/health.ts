/** What attempts say of an endpoint. */
import { limits } from '../limits.ts';
import type { Health } from '../webhooks.ts';

const MICROS_PER_SECOND = 1_000_000;

/** After an attempt that succeeded and was over at a microsecond. */
export function succeeded(health: Health, us: number): Health {
  return {
    lastFailureUs: health.lastFailureUs,
    lastSuccessUs: Math.max(health.lastSuccessUs ?? 0, us),
    consecutiveFailures: 0,
    failingSinceUs: null,
  };
}

/** After an attempt that failed. */
export function failed(health: Health, us: number): Health {
  return {
    lastSuccessUs: health.lastSuccessUs,
    lastFailureUs: Math.max(health.lastFailureUs ?? 0, us),
    consecutiveFailures: health.consecutiveFailures + 1,
    failingSinceUs: health.failingSinceUs ?? us,
  };
}

/** Whether an endpoint has failed so often and for so long that its webhook is disabled. */
export function isHopeless({ consecutiveFailures, failingSinceUs }: Health, nowUs: number): boolean {
  const forUs = nowUs - (failingSinceUs ?? nowUs);
  return consecutiveFailures >= limits.disableAfterFailures && forUs >= limits.disableAfterSeconds * MICROS_PER_SECOND;
}
