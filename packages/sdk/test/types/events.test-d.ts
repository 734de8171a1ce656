import type {
  ContentBlock,
  Event,
  EventInput,
  EventType,
  EventUsage,
  SendEventsParams,
  Session,
  SessionErrorCause,
  SessionErrorDetails,
  SessionUpdatedEvent,
  StopReason,
  Turnlog,
  UnknownBlock,
  UnknownEvent,
  Usage,
} from '../../src/index.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T | undefined => undefined;

/** A listed type narrows to its own fields, and what is left in the end is the unknown member and nothing else. */
export function summary(event: Event): string {
  switch (event.type) {
    case 'user.message':
      holds<Equal<typeof event.content, string | readonly ContentBlock[]>>();
      return String(event.content);
    case 'agent.message':
      holds<Equal<typeof event.content, readonly ContentBlock[]>>();
      return event.content.map((block) => (block.type === 'text' ? (block.text ?? '') : block.type)).join();
    case 'system.message':
      holds<Equal<typeof event.content, readonly ContentBlock[]>>();
      return event.content.map(ownFieldOf).join();
    case 'session.status_idle':
      holds<Equal<typeof event.usage, EventUsage | null | undefined>>();
      holds<Equal<typeof event.stop_reason, StopReason | null | undefined>>();
      holds<Equal<typeof event.status, string | null | undefined>>();
      return `${event.usage?.input_tokens} ${event.stop_reason?.type}`;
    case 'session.error':
      holds<Equal<typeof event.error, SessionErrorCause | null | undefined>>();
      holds<Equal<typeof event.details, SessionErrorDetails | null | undefined>>();
      return event.error?.message ?? event.retry_status?.type ?? '';
    case 'agent.thinking':
      holds<Equal<(typeof event)['note'], unknown>>();
      return event.turn_id ?? '';
    case 'workflow_error':
      holds<Equal<typeof event.retry_after, number | null | undefined>>();
      holds<Equal<typeof event.data, unknown>>();
      return event.error ?? '';
    case 'session_stop':
      holds<Equal<typeof event.exit_code, number | null | undefined>>();
      return event.reason ?? '';
    // @ts-expect-error: a misspelt type is found.
    case 'user.mesage':
      return '';
    default:
      return `${event.type}: ${event.id}`;
  }
}

/** A producer's own fields are there on every event and every block, whether its type is listed or not. */
export const ownFieldsOf = (event: Event): unknown => event['mine'];
const ownFieldOf = (block: ContentBlock): unknown => block['mine'];
type Open<T> = T extends { readonly [field: string]: unknown } ? true : false;
holds<Equal<Open<Event>, true>>();
holds<Equal<Open<ContentBlock>, true>>();
holds<Equal<Open<EventUsage>, true>>();

/** A narrowed event has them too, beside fields of a known type. */
export function narrowed(event: Event): unknown {
  if (event.type !== 'user.message') return undefined;
  holds<Equal<(typeof event)['mine'], unknown>>();
  holds<Equal<typeof event.seq, number | null>>();
  return [event['mine'], event.content];
}

/** What a producer counted may be incomplete; what the server has summed up is not. */
holds<Equal<EventUsage['input_tokens'], number | null | undefined>>();
holds<Equal<Session['usage'], Usage>>();
holds<Equal<Usage['input_tokens'], number>>();

/** What the feed tells of sessions and of other resources has typed `data`; only what it is about is always there. */
export async function told(client: Turnlog): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  for await (const event of client.events.subscribe({ events: ['session.*', 'agent.*'] })) {
    switch (event.type) {
      case 'session.created':
        holds<Equal<typeof event.seq, number | null>>();
        seen.push(event.data?.title, event.data?.external_id, event.data?.caused_by);
        break;
      case 'session.updated':
        holds<Equal<typeof event, SessionUpdatedEvent>>();
        seen.push(event.data?.changes?.['title']?.new, event.data?.changes?.['metadata.a']?.old);
        break;
      case 'session.archived':
        holds<Equal<NonNullable<typeof event.data>['session_id'], string | null | undefined>>();
        break;
      case 'session.deleted':
        holds<Equal<NonNullable<typeof event.data>['events_count'], number | null | undefined>>();
        break;
      case 'session.started':
        holds<Equal<typeof event.data.session_id, string>>();
        holds<Equal<typeof event.data.goal, string | null | undefined>>();
        break;
      case 'session.completed':
        holds<Equal<typeof event.data.session_id, string>>();
        holds<Equal<typeof event.data.caused_by, string | null | undefined>>();
        seen.push(event.data.tokens_used, event.data['mine']);
        break;
      case 'session.failed':
        holds<Equal<typeof event.data.error_message, string | null | undefined>>();
        break;
      case 'session.step.completed':
        holds<Equal<typeof event.data.step_number, number | null | undefined>>();
        break;
      case 'agent.created':
        holds<Equal<typeof event.data.agent_id, string>>();
        holds<Equal<typeof event.data.tools, readonly unknown[] | null | undefined>>();
        break;
      case 'agent.updated':
      case 'user.settings.updated':
        holds<Equal<typeof event.data.changes, Readonly<Record<string, unknown>> | null | undefined>>();
        break;
      case 'agent.deleted':
        holds<Equal<typeof event.data.permanent, boolean | null | undefined>>();
        break;
      case 'team.task.completed':
      case 'team.execution.completed':
        holds<Equal<typeof event.data.team_id, string>>();
        break;
      case 'webhook.sent':
      case 'webhook.failed':
        holds<Equal<typeof event.data.webhook_id, string>>();
        break;
      case 'billing.payment.failed':
        holds<Equal<typeof event.data.payment_id, string>>();
        break;
      // @ts-expect-error: a misspelt type is found.
      case 'session.complete':
        break;
      default:
        seen.push(event.type);
    }
    if (event.type === 'session.completed') seen.push(event.data.duration_ms);
  }
  return seen;
}

type Listed = Exclude<Event, UnknownEvent>['type'];

/** With every listed type handled, the default is an unknown event, whose type is still a string. */
export function exhaustive(event: Event, handled: Record<Listed, (event: Event) => string>): string {
  const handle = (handled as Partial<Record<string, (event: Event) => string>>)[event.type];
  return handle?.(event) ?? event.type;
}

/** A block may have no type at all, and is still told apart. */
export function text(block: ContentBlock): string {
  if (block.type === 'text') {
    holds<Equal<typeof block.text, string | null | undefined>>();
    return block.text ?? '';
  }
  holds<Equal<typeof block, UnknownBlock>>();
  return block.type ?? 'nothing';
}

export function unknownMember(event: UnknownEvent): string {
  const type: string = event.type;
  const field: unknown = event['version'];
  return (event.type as string) === 'deploy.finished' ? `${field}` : type;
}

export function conditions(event: Event, events: readonly Event[]): readonly (string | readonly ContentBlock[])[] {
  if (event.type !== 'user.message') {
    // What it is, only the type can tell: others may have a field of that name.
    holds<Equal<typeof event.content, unknown>>();
  }
  return events.filter((each) => each.type === 'user.message').map((each) => each.content);
}

/** A caller may send any type, with any fields, and is offered the listed names. */
export const inputs: readonly EventInput[] = [
  { type: 'user.message', content: 'Hello' },
  { type: 'deploy.finished', version: 3, occurred_at: undefined },
  { type: 'agent.message', content: [{ type: 'text', text: 'Hi' }], turn_id: 'turn_1' },
];
export const frozen: SendEventsParams = { events: inputs };
export const anyName = (name: string): EventType => name;
// @ts-expect-error: every event has a type.
export const untyped: EventInput = { content: 'Hello' };
