/** What plans start from. */
import { type Id, makeId } from '../../src/ids.ts';
import type { OrgHead, PlanContext } from '../../src/plan/plan.ts';
import type { CreateSession, Session } from '../../src/sessions.ts';
import { seededBytes } from './random.ts';

export const NOW_US = 1_789_012_345_678_901;
export const REQUEST: Id<'req'> = 'req_01KRWJR38XFMSY8PMCZS0ANP7Z';
export const SESSION: Id<'sess'> = makeId('sess', NOW_US - 5_000_000, seededBytes(1));

export function headOf(fields: Partial<OrgHead> = {}): OrgHead {
  return { lastUs: NOW_US - 1_000_000, accountCount: 7, ...fields };
}

export function contextOf(fields: Partial<PlanContext> = {}): PlanContext {
  return { nowUs: NOW_US, random: seededBytes(2), requestId: REQUEST, ...fields };
}

export function commandOf(fields: Partial<CreateSession> = {}): CreateSession {
  return { externalId: null, agent: null, environmentId: null, title: null, metadata: {}, events: [], ...fields };
}

/** A session with one event, made five seconds ago. */
export function sessionOf(fields: Partial<Session> = {}): Session {
  return {
    id: SESSION,
    origin: 'native',
    externalId: 'run-1',
    agent: { id: 'agent_1', version: 3 },
    environmentId: null,
    title: 'A run',
    metadata: {},
    phase: 'created',
    turnId: null,
    usage: { inputTokens: 0, outputTokens: 0, cacheReadInputTokens: 0, cacheCreationInputTokens: 0 },
    eventCount: 1,
    createdUs: NOW_US - 5_000_000,
    occurredAt: null,
    updatedUs: NOW_US - 4_000_000,
    archivedUs: null,
    startedUs: null,
    ...fields,
  };
}

/** The same value, in which nothing but bytes can be changed. */
export function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) frozen(inner);
  }
  return value;
}
