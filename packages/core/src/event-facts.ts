/** What the lifecycle and the sums read out of an event. */
import type { EventDraft, Usage } from './events.ts';
import type { JsonNode } from './json.ts';
import { numberMember, objectMember, stringMember } from './json-members.ts';
import { hasSignal, signalOf } from './lifecycle.ts';
import { carriesData, type Origin } from './origins.ts';

/** The part of an event that other dialects see, as `payloadOf` shows it; undefined when that is no object. */
export function payloadNode(origin: Origin, event: JsonNode): JsonNode | undefined {
  return carriesData(origin) ? objectMember(event, 'data') : event;
}

/** `payload` is the part of the event that other dialects see; undefined when it is no object. */
export function lifecycleFacts(
  type: string,
  event: JsonNode,
  payload: JsonNode | undefined,
): Pick<EventDraft, 'signal' | 'usage' | 'failure'> {
  if (!hasSignal(type)) return { signal: null, usage: null, failure: null };
  const error = objectMember(payload, 'error');
  const signal = signalOf(type, {
    stopReason: stringMember(objectMember(payload, 'stop_reason'), 'type'),
    retryStatus: retryStatus(payload) ?? retryStatus(error),
    exitCode: numberMember(payload, 'exit_code'),
    word: stringMember(event, 'data'),
  });
  return {
    signal,
    usage: type === 'session.status_idle' ? readUsage(objectMember(payload, 'usage')) : null,
    failure: signal === 'fail' ? readFailure(event, payload, error) : null,
  };
}

function retryStatus(node: JsonNode | undefined): string | null {
  return stringMember(objectMember(node, 'retry_status'), 'type') ?? stringMember(node, 'retry_status');
}

function readFailure(
  event: JsonNode,
  payload: JsonNode | undefined,
  error: JsonNode | undefined,
): EventDraft['failure'] {
  return {
    code: stringMember(error, 'type') ?? stringMember(payload, 'error_type'),
    message:
      stringMember(error, 'message') ??
      stringMember(payload, 'error') ??
      stringMember(payload, 'reason') ??
      stringMember(event, 'message'),
  };
}

function readUsage(usage: JsonNode | undefined): Usage | null {
  if (usage === undefined) return null;
  return {
    inputTokens: count(usage, 'input_tokens'),
    outputTokens: count(usage, 'output_tokens'),
    cacheReadInputTokens: count(usage, 'cache_read_input_tokens'),
    cacheCreationInputTokens: count(usage, 'cache_creation_input_tokens'),
  };
}

/** Only whole, non-negative, exactly representable counts add to the sums. */
function count(usage: JsonNode, name: string): number {
  const value = numberMember(usage, name);
  return value !== null && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
