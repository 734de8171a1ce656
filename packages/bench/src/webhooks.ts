/**
 * Deliveries to webhooks: how many a second one process makes of events that wait for it, each recorded with
 * `synchronous=FULL`, and what CPU each costs, against undici in a bare loop that posts the same body as often, at the
 * same concurrency, in alternating rounds of one run. Then what webhooks cost those who append.
 * `pnpm -C packages/bench webhooks [EVENTS]`.
 */
import { compareAppends } from './appends.ts';
import { MeasuredServer } from './measured-server.ts';
import { median, quantile, Turnlog } from './turnlog.ts';

const RECEIVER = new URL('./bare-receiver.ts', import.meta.url);
const COURIER = new URL('./bare-courier.ts', import.meta.url);
const EVENTS = Number(process.argv[2] ?? 10_000);
const ROUNDS = 5;
const SESSIONS = 20;
/** Events of one session in a row. */
const BATCH = 10;
const TEXT_CHARACTERS = 1_700;
/** Attempts that Turnlog makes at one endpoint at a time. */
const PER_ENDPOINT = 4;

interface Variant {
  readonly name: string;
  /** How many webhooks get the events; the share of them that each gets. */
  readonly webhooks: number;
  readonly share: number;
  readonly settings: { readonly announce: string; readonly ordering: string };
}

const PLAIN = { announce: 'none', ordering: 'none' };
const VARIANTS: readonly Variant[] = [
  { name: 'one webhook', webhooks: 1, share: 1, settings: PLAIN },
  { name: 'one, announce: all', webhooks: 1, share: 1, settings: { ...PLAIN, announce: 'all' } },
  { name: 'one, ordering: session', webhooks: 1, share: 1, settings: { ...PLAIN, ordering: 'session' } },
  { name: 'ten webhooks', webhooks: 10, share: 0.1, settings: PLAIN },
  { name: 'ten, announce: all', webhooks: 10, share: 0.1, settings: { ...PLAIN, announce: 'all' } },
];

interface Side {
  readonly perSecond: number;
  readonly micros: number;
}

const event = { type: 'agent.message', content: [{ type: 'text', text: 'x'.repeat(TEXT_CHARACTERS) }] };
const receiver = await MeasuredServer.start(RECEIVER, {});
const courier = await MeasuredServer.start(COURIER, {});
const turnlog = await Turnlog.start({ WEBHOOK_ALLOW: '127.0.0.0/8' });
const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => turnlog.newSession()));
const body = await turnlog.append(sessions[0] as string, event);
let received = 0;

console.log(`deliveries of ${body.length} bytes; ${ROUNDS} rounds of ${EVENTS}, medians (and the slowest round)`);
for (const variant of VARIANTS) await compare(variant);
await turnlog.stop();
await courier.stop();
await receiver.stop();
await compareAppends(event);

/** Prints what one variant costs, beside the bare loop. */
async function compare(variant: Variant): Promise<void> {
  const rounds: { readonly ours: Side; readonly theirs: Side }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const ids = await waitingWebhooks(variant);
    const ours = await measure(turnlog.server, () => enableAll(ids));
    await disableAll(ids);
    const theirs = await measure(courier, () => bareLoop(variant.webhooks * PER_ENDPOINT));
    if (round > 0) rounds.push({ ours, theirs }); // the first one warms up
  }
  const name = variant.name.padEnd(24);
  console.log(`  ${name}${told(rounds.map(({ ours }) => ours))}`);
  console.log(`  ${'undici in a loop'.padEnd(24)}${told(rounds.map(({ theirs }) => theirs))}`);
  const ratio = median(rounds.map(({ ours, theirs }) => ours.micros / theirs.micros)).toFixed(2);
  console.log(`  ${'ratio of CPU'.padEnd(24)}${ratio}`);
}

function told(sides: readonly Side[]): string {
  const rates = sides.map(({ perSecond }) => perSecond);
  const cpu = median(sides.map(({ micros }) => micros)).toFixed(0);
  return `${median(rates).toFixed(0)} deliveries/s (${quantile(rates, 0).toFixed(0)}), ${cpu} µs of CPU each`;
}

/** Disabled webhooks, each behind its share of the events. */
async function waitingWebhooks({ webhooks, share, settings }: Variant): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let made = 0; made < webhooks; made++) {
    const url = `${receiver.url}/${made}`;
    const answer = await turnlog.post('/webhooks', JSON.stringify({ url, events: ['agent.*'], ...settings }));
    const { id } = JSON.parse(answer) as { id: string };
    await turnlog.post(`/webhooks/${id}/disable`, '');
    ids.push(id);
  }
  const batch = JSON.stringify({ events: Array.from({ length: BATCH }, () => event) });
  for (let sent = 0; sent < EVENTS * share; sent += BATCH * SESSIONS) {
    await Promise.all(sessions.map((session) => turnlog.post(`/sessions/${session}/events`, batch)));
  }
  return ids;
}

async function enableAll(ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map((id) => turnlog.post(`/webhooks/${id}/enable`, '{"from":"stopped"}')));
}

/** Throws when a delivery failed: it may have been counted twice. */
async function disableAll(ids: readonly string[]): Promise<void> {
  const answers = await Promise.all(ids.map((id) => turnlog.post(`/webhooks/${id}/disable`, '')));
  for (const answer of answers) {
    if ((JSON.parse(answer) as { last_failure_at: string | null }).last_failure_at !== null) throw new Error(answer);
  }
}

async function bareLoop(concurrency: number): Promise<void> {
  const query = new URLSearchParams({ url: receiver.url, count: String(EVENTS), concurrency: String(concurrency) });
  const answer = await fetch(`${courier.url}/?${query}`, { method: 'POST', body });
  if (!answer.ok) throw new Error(await answer.text());
}

/** From the beginning until the receiver has got all events. */
async function measure(server: MeasuredServer, begin: () => Promise<void>): Promise<Side> {
  received += EVENTS;
  const before = await server.cpuMicros();
  const startMs = performance.now();
  await begin();
  await (await fetch(`${receiver.url}/${received}`)).text();
  const seconds = (performance.now() - startMs) / 1000;
  const micros = ((await server.cpuMicros()) - before) / EVENTS;
  return { perSecond: EVENTS / seconds, micros };
}
