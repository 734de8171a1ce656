import type { IncomingMessage } from 'node:http';
import type { CreateReplayParams, Event, Replay, ReplayDryRun, ReplayStarted, Turnlog } from '../../src/index.ts';
import { type PlatformEvent, unwrap, type WebhookVerificationError } from '../../src/webhooks.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T | undefined => undefined;

/** What is unwrapped is the union of all events, unless it is said to be something else. */
export async function received(request: IncomingMessage, body: Buffer): Promise<string> {
  const event = await unwrap(body, request.headers, ['whsec_new', 'whsec_old'], { toleranceSeconds: 60 });
  holds<Equal<typeof event, Event>>();
  await unwrap(body, request.headersDistinct, 'text');
  const told = await unwrap<PlatformEvent<{ readonly session_id: string }>>(body, new Headers(), 'text');
  holds<Equal<typeof told.data.session_id, string>>();
  holds<Equal<PlatformEvent['data'], unknown>>();
  // @ts-expect-error: a body that was parsed is no raw body.
  await unwrap({ type: 'user.message' }, request.headers, 'text');
  // @ts-expect-error: there is no secret.
  await unwrap(body, request.headers, process.env['WEBHOOK_SECRET']);
  return event.type === 'webhook.sent' ? event.data.webhook_id : event.type;
}

/** The reasons are a closed set. */
export function advice({ reason }: WebhookVerificationError): string {
  switch (reason) {
    case 'missing_header':
    case 'malformed_timestamp':
    case 'no_match':
    case 'not_json':
      return 'refuse';
    case 'too_old':
    case 'too_new':
      return 'look at the clock';
  }
}

/** Only what was asked to count alone has no id. */
export async function replayed(client: Turnlog, params: CreateReplayParams, flag: boolean): Promise<Replay> {
  const { dry_run: _, ...range } = params;
  const replay = await client.events.replay(range);
  holds<Equal<typeof replay, ReplayStarted>>();
  const counted = await client.events.replay({ ...range, dry_run: true });
  holds<Equal<typeof counted, ReplayDryRun>>();
  const either = await client.replays.create({ ...range, dry_run: flag });
  holds<Equal<typeof either, ReplayStarted | ReplayDryRun>>();
  holds<Equal<(typeof either)['event_count'], number>>();
  await client.replays.create({ ...range, dry_run: false });
  await client.replays.create(params);
  // @ts-expect-error: a misspelt member is found.
  await client.replays.create({ ...range, webhook: 'wh_1' });
  return client.events.getReplayStatus(replay.id);
}

export async function managed(client: Turnlog): Promise<void> {
  // @ts-expect-error: an enabled webhook goes on from somewhere.
  await client.webhooks.enable('wh_1');
  // @ts-expect-error: a state that there is none of is never listed.
  await client.webhooks.deliveries.list('wh_1', { states: ['lost'] });
}
