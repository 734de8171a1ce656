import type {
  ContentBlock,
  Event,
  EventInput,
  EventType,
  SendEventsParams,
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
      return event.content.map((block) => (block.type === 'text' ? block.text : block.type)).join();
    case 'session.status_idle':
      holds<Equal<typeof event.usage, Usage | undefined>>();
      return `${event.usage?.input_tokens} ${event.stop_reason?.type}`;
    case 'session.error':
      return event.error?.message ?? event.retry_status?.type ?? '';
    case 'agent.thinking':
      holds<Equal<(typeof event)['note'], unknown>>();
      return event.turn_id ?? '';
    // @ts-expect-error: a misspelt type is found.
    case 'user.mesage':
      return '';
    default:
      return `${event.type}: ${event.id}`;
  }
}

type Listed = Exclude<Event, UnknownEvent>['type'];

/** With every listed type handled, the default is an unknown event, whose type is still a string. */
export function exhaustive(event: Event, handled: Record<Listed, (event: Event) => string>): string {
  const handle = (handled as Partial<Record<string, (event: Event) => string>>)[event.type];
  return handle?.(event) ?? event.type;
}

export function unknownMember(event: UnknownEvent): string {
  const type: string = event.type;
  const field: unknown = event['version'];
  return (event.type as string) === 'deploy.finished' ? `${field}` : type;
}

export function conditions(event: Event, events: readonly Event[]): readonly (string | readonly ContentBlock[])[] {
  if (event.type !== 'user.message') {
    // @ts-expect-error: content belongs to some types only.
    String(event.content);
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
