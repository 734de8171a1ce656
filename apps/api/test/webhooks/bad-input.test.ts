/** Bad input of webhooks, deliveries and replays: a sentence that says what, where and what to do; nothing stored. */
import { createCourier } from '@turnlog/courier';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ask, type Harness, openHarness } from '../harness.ts';
import { ENDPOINT, logDeliveries, MOUNTS, type Mount, makeWebhook, publish } from './support.ts';

let h: Harness;

beforeAll(async () => {
  h = await openHarness(({ nowUs }) => ({ courier: createCourier({ allow: [], timeoutMs: 1000, nowUs }) }));
  await publish(h, 'agent.seen', 3);
});
afterAll(() => h.close());

type Case = readonly [sent: unknown, sentence: string, param?: string];

const NOT_PUBLIC = 'this one is not. Whoever runs the server can allow its network with WEBHOOK_ALLOW.';
const PUBLIC = `'url' must lead to a public address: ${NOT_PUBLIC}`;
const ITSELF =
  "'url' must lead to a public address: this name stands for the server itself. Whoever runs the server can allow 127.0.0.0/8 with WEBHOOK_ALLOW.";
const IN_THE_CLEAR =
  "must begin with 'https://': events are not sent in the clear, except into what WEBHOOK_ALLOW lists.";
const CLEAR = `'url' ${IN_THE_CLEAR}`;
const HOST = "'url' must begin with 'https://' and name a host, such as https://example.com/hooks.";
const COMPLETE = "'url' must be a complete URL, such as https://example.com/hooks: its host or port is none.";
const USER = "'url' must have no user name or password before its host: the signatures say who sends.";
const SPACES = "'url' must be a URL without spaces and control characters: encode them as %20 and so on.";
const LONG = `https://example.com/${'a'.repeat(2_029)}`;

const URLS: readonly Case[] = [
  [undefined, "'url' is required: it must be a string."],
  [null, "'url' must be a string."],
  [7, "'url' must be a string."],
  ['', HOST],
  ['example.com/hook', HOST],
  ['ftp://example.com', HOST],
  ['https://', HOST],
  ['https:///hook', HOST],
  ['javascript:alert(1)', HOST],
  ['https://exa mple.com', SPACES],
  ['https://example.com/\n', SPACES],
  ['https://example.com:99999', COMPLETE],
  ['https://example.com/\ud800', "'url' must be well-formed text: it has half a surrogate pair in it."],
  ['http://example.com/hook', CLEAR],
  ['https://user@example.com', USER],
  ['https://user:secret@example.com', USER],
  ['https://example.com:22/', "'url' must use port 443 or 8443: 22 is another one."],
  ['https://example.com:80/', "'url' must use port 443 or 8443: 80 is another one."],
  ['https://example.com/#part', "'url' must have no fragment: leave out what begins with '#'."],
  ['https://localhost/hook', ITSELF],
  ['https://api.localhost./hook', ITSELF],
  ['https://127.0.0.1/hook', PUBLIC],
  ['https://2130706433/hook', PUBLIC],
  ['https://0x7f.1/hook', PUBLIC],
  ['https://0177.0.0.1/hook', PUBLIC],
  ['https://10.1.2.3/hook', PUBLIC],
  ['https://192.168.0.1/hook', PUBLIC],
  ['https://169.254.169.254/latest/meta-data', PUBLIC],
  ['https://100.64.0.1/hook', PUBLIC],
  ['https://[::1]/hook', PUBLIC],
  ['https://[::ffff:10.0.0.1]/hook', PUBLIC],
  ['https://[fd00::1]/hook', PUBLIC],
  ['https://[fe80::1]/hook', PUBLIC],
  [LONG, "'url' must have at most 2048 characters; it has 2049."],
];

const TYPES = "an array of event types such as ['session.*']";
const PATTERN = "'events' has a malformed pattern: use [a-z0-9_.] and '*', at most 100 characters.";
const EVENTS: readonly Case[] = [
  [undefined, `'events' is required: it must be ${TYPES}.`],
  [null, `'events' must be ${TYPES}.`],
  ['*', `'events' must be ${TYPES}.`],
  [[], "'events' is empty: name at least one type, such as '*'."],
  [[7], "'events[0]' must be a string.", 'events[0]'],
  [['a', null], "'events[1]' must be a string.", 'events[1]'],
  [[''], "'events' has an empty element: separate types by single commas."],
  [['Session.Created'], PATTERN],
  [['session.created,agent.*'], PATTERN],
  [['a'.repeat(101)], PATTERN],
  [Array.from({ length: 101 }, (_, n) => `a${n}`), "'events' must have at most 100 patterns."],
  [Array.from({ length: 100_000 }, () => 7), "'events' must have at most 100 patterns."],
  [
    ['agent.*', 'webhook.sent'],
    "'events' names 'webhook.sent': events about deliveries are never delivered; read them at /events.",
  ],
];

const SECRETS: readonly Case[] = [
  [7, "'secret' must be a string."],
  ['short', "'secret' must have 16 to 255 bytes; it has 5. Leave it out to get one."],
  ['x'.repeat(256), "'secret' must have 16 to 255 bytes; it has 256. Leave it out to get one."],
  [
    'whsec_c2hvcnQ=',
    "'secret' must have 16 to 255 bytes; what follows 'whsec_' stands for 5. Leave it out to get one.",
  ],
  ['whsec_!!!!', "'secret' begins with 'whsec_', but what follows is not base64: copy it again."],
  ['\ud800 is half a character', "'secret' has half a surrogate pair in it: send well-formed text."],
];

const RATE = (name: string) => `'${name}' must be a whole number of deliveries a second from 1 to 1000.`;
const rates = (name: string): readonly Case[] => [
  ['5', `'${name}' must be a whole number or null.`],
  [0, RATE(name)],
  [-1, RATE(name)],
  [1.5, RATE(name)],
  [1001, RATE(name)],
];

const ORDERINGS: readonly Case[] = [
  ['sessions', "'ordering' must be 'none' or 'session'."],
  [true, "'ordering' must be 'none' or 'session'."],
];
const ANNOUNCE: readonly Case[] = [['some', "'announce' must be 'all', 'failures' or 'none'."]];
const DESCRIPTIONS: readonly Case[] = [
  [7, "'description' must be a string or null."],
  ['x'.repeat(501), "'description' has 501 characters; it must have 0 to 500."],
];
const MANY_PAIRS = Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, 'v']));
const METADATA: readonly Case[] = [
  [[], "'metadata' must be an object of strings."],
  [{ a: 1 }, "'metadata.a' must be a string.", 'metadata.a'],
  [MANY_PAIRS, "'metadata' has 51 pairs; at most 50 are allowed."],
  [{ '': 'x' }, "'metadata.' has 0 characters; it must have 1 to 64.", 'metadata.'],
];

const MEMBERS: Readonly<Record<string, readonly Case[]>> = {
  url: URLS,
  events: EVENTS,
  secret: SECRETS,
  rate_limit: rates('rate_limit'),
  ordering: ORDERINGS,
  announce: ANNOUNCE,
  description: DESCRIPTIONS,
  metadata: METADATA,
};

const instants = (name: string): readonly Case[] => [
  [undefined, `'${name}' is required: it must be a string.`],
  [7, `'${name}' must be a string.`],
  ['yesterday', `'${name}' must be an RFC 3339 time with a zone, such as '2026-01-31T09:30:00Z'.`],
  ['2026-01-31T09:30:00', `'${name}' must be an RFC 3339 time with a zone, such as '2026-01-31T09:30:00Z'.`],
  ['2026-02-30T00:00:00Z', `'${name}' must be an RFC 3339 time with a zone, such as '2026-01-31T09:30:00Z'.`],
  ['9999-12-31T00:00:00Z', `'${name}' must lie before the year 2255.`],
];

const REPLAY = { since: '2020-01-01T00:00:00Z', until: '2030-01-01T00:00:00Z', webhook_url: ENDPOINT };
const REPLAY_MEMBERS: Readonly<Record<string, readonly Case[]>> = {
  since: instants('since'),
  until: [
    ...instants('until'),
    ['2019-01-01T00:00:00Z', "'until' must lie after 'since': the range includes 'since' and ends before 'until'."],
    [REPLAY.since, "'until' must lie after 'since': the range includes 'since' and ends before 'until'."],
  ],
  types: [
    ['session.*', `'types' must be ${TYPES}.`],
    [[], "'types' is empty: name at least one type, or leave it out."],
    [['No'], "'types' has a malformed pattern: use [a-z0-9_.] and '*', at most 100 characters."],
    [[1], "'types[0]' must be a string.", 'types[0]'],
  ],
  session_id: [
    [7, "'session_id' must be a string."],
    ['', "'session_id' is empty: name a session, or leave it out."],
  ],
  webhook_id: [
    [7, "'webhook_id' must be a string."],
    ['wh_01K5ZV8B3M6R9T2W5Y8B1D4F7H', "Send 'webhook_id' or 'webhook_url', not both.", 'webhook_url'],
  ],
  webhook_url: [
    [undefined, "Send 'webhook_id' or 'webhook_url': where the events go.", 'webhook_id'],
    [7, "'webhook_url' must be a string."],
    ['https://10.0.0.1/', `'webhook_url' must lead to a public address: ${NOT_PUBLIC}`],
    ['http://example.com/', `'webhook_url' ${IN_THE_CLEAR}`],
    ['', "'webhook_url' must begin with 'https://' and name a host, such as https://example.com/hooks."],
  ],
  secret: SECRETS,
  rate: rates('rate'),
  dry_run: [
    ['yes', "'dry_run' must be true or false."],
    [1, "'dry_run' must be true or false."],
  ],
};

const OVERLAP = "'overlap_seconds' must be a whole number from 0 to 604800 (seven days).";
const ROTATE: Readonly<Record<string, readonly Case[]>> = {
  secret: SECRETS,
  overlap_seconds: [
    ['1', "'overlap_seconds' must be a number."],
    [-1, OVERLAP],
    [0.5, OVERLAP],
    [604_801, OVERLAP],
  ],
};
const FROM = "'now' (skip what came while it was disabled) or 'stopped' (deliver that first)";

async function everything(): Promise<string> {
  const paths = ['/v1/webhooks?limit=1000', '/v1/replays?limit=1000'];
  const replies = await Promise.all(paths.map((path) => h.ask('GET', path)));
  return [await h.stored(), ...replies.map(({ text }) => text)].join('\n');
}

describe.each(MOUNTS)('bad input of $dialect', (mount: Mount) => {
  const { webhooks, replays, dialect } = mount;
  let webhook: string;

  beforeAll(async () => {
    webhook = await makeWebhook(h, mount);
  });

  async function refused(method: string, path: string, ask: Ask, status: number, sentence: string, param?: string) {
    const before = await everything();
    const reply = await h.ask(method, path, ask);
    expect([reply.status, mount.refusal(reply).message], JSON.stringify(ask.body ?? '').slice(0, 200)).toEqual([
      status,
      sentence,
    ]);
    if (param !== undefined) expect(mount.refusal(reply).param).toBe(param);
    if (dialect === 'cloud' && status < 500) expect(reply.headers.get('x-should-retry')).toBe('false');
    expect(await everything()).toBe(before);
    return reply;
  }

  const inBody = dialect === 'platform' ? 'validation_error' : 'invalid_request_error';

  async function refusedMembers(
    method: string,
    path: string,
    valid: object,
    members: Readonly<Record<string, readonly Case[]>>,
  ): Promise<void> {
    for (const [name, cases] of Object.entries(members)) {
      for (const [sent, sentence, param = name] of cases) {
        const body = { ...valid, [name]: sent };
        const reply = await refused(method, path, { body }, 400, sentence, param);
        expect(mount.refusal(reply).code).toBe(inBody);
      }
    }
  }

  it('of a new webhook names the member', async () => {
    await refusedMembers('POST', webhooks, { url: ENDPOINT, events: ['*'] }, MEMBERS);
  });

  it('of a change names the member, and leaves the webhook as it is', async () => {
    const { secret: _, ...members } = MEMBERS;
    const sent = Object.entries(members).map(([name, cases]) => [
      name,
      cases.filter(([value]) => value !== undefined && name !== 'metadata'),
    ]);
    await refusedMembers('PATCH', `${webhooks}/${webhook}`, {}, Object.fromEntries(sent));
    const metadata: readonly Case[] = [
      [{ a: 1 }, "'metadata.a' must be a string, or null to delete the key.", 'metadata.a'],
      [MANY_PAIRS, "'metadata' has 51 pairs; at most 50 are allowed."],
    ];
    const rotate = "'secret' is not changed here: rotate it by POST /webhooks/{webhook_id}/rotate_secret.";
    const secret: readonly Case[] = [
      ['another_webhook_secret', rotate],
      [null, rotate],
    ];
    await refusedMembers('PATCH', `${webhooks}/${webhook}`, {}, { metadata, secret });
    const pairs = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`k${n}`, 'v']));
    await h.ask('PATCH', `${webhooks}/${webhook}`, { body: { metadata: pairs } });
    await refusedMembers(
      'PATCH',
      `${webhooks}/${webhook}`,
      {},
      {
        metadata: [[{ more: 'v' }, "'metadata' has 51 pairs; at most 50 are allowed."]],
      },
    );
  });

  it('of a replay names the member', async () => {
    await refusedMembers('POST', replays, REPLAY, REPLAY_MEMBERS);
    const body = { ...REPLAY, webhook_url: undefined, webhook_id: webhook, secret: 'a secret of our own' };
    const sentence = "'secret' goes with 'webhook_url' only: a webhook signs with its own.";
    await refused('POST', replays, { body }, 400, sentence, 'secret');
  });

  it('of a rotation, of enabling and of recovering names the member', async () => {
    await refusedMembers('POST', `${webhooks}/${webhook}/rotate_secret`, {}, ROTATE);
    const from: readonly Case[] = [
      [undefined, `'from' is required: it must be ${FROM}.`],
      ['start', `'from' must be ${FROM}.`],
      [null, `'from' must be ${FROM}.`],
    ];
    await refusedMembers('POST', `${webhooks}/${webhook}/enable`, {}, { from });
    await refusedMembers('POST', `${webhooks}/${webhook}/recover`, {}, { since: instants('since') });
  });

  it('that is no object, no JSON, missing or of another type is refused as everywhere', async () => {
    const paths = [
      ['POST', webhooks],
      ['PATCH', `${webhooks}/${webhook}`],
      ['POST', `${webhooks}/${webhook}/enable`],
      ['POST', `${webhooks}/${webhook}/recover`],
      ['POST', replays],
    ] as const;
    for (const [method, path] of paths) {
      await refused(method, path, {}, 400, 'This request needs a body: send a JSON object.');
      for (const body of [[], 1, null, 'x']) {
        await refused(method, path, { body: JSON.stringify(body) }, 400, 'The body must be a JSON object.');
      }
      const headers = { 'content-type': 'text/plain' };
      const sentence = "The body must be JSON: send it with 'Content-Type: application/json'.";
      await refused(method, path, { body: '{}', headers }, 415, sentence);
      expect((await h.ask(method, path, { body: '{"url":' })).status).toBe(400);
      expect((await h.ask(method, path, { body: '{"url":1,"url":2}' })).status).toBe(400);
    }
  });

  it('a member that nobody knows is treated as the dialect treats such', async () => {
    const body = { url: ENDPOINT, events: ['*'], enabled: true };
    if (dialect === 'cloud') {
      expect((await h.ask('POST', webhooks, { body })).status).toBe(201);
      return;
    }
    const known = 'url, events, secret, description, metadata, ordering, rate_limit, announce';
    const sentence = `'enabled' is no member of this body. Known are: ${known}.`;
    await refused('POST', webhooks, { body }, 400, sentence, 'enabled');
  });

  it('of queries names the parameter', async () => {
    const list = `${webhooks}/${webhook}/deliveries`;
    const max = dialect === 'cloud' ? 1000 : 100;
    const STATES = "'states' may list succeeded, retrying, pending, failed, canceled.";
    for (const [path, sentence, param] of [
      [`${webhooks}?limit=0`, `'limit' must be a whole number from 1 to ${max}, in plain digits.`, 'limit'],
      [`${list}?limit=${max + 1}`, `'limit' must be a whole number from 1 to ${max}, in plain digits.`, 'limit'],
      [`${list}?states=done`, STATES, 'states'],
      [`${list}?states=`, STATES, 'states'],
      [`${list}?types=No`, "'types' has a malformed pattern: use [a-z0-9_.] and '*', at most 100 characters.", 'types'],
      [`${list}?since=now`, "'since' must be an RFC 3339 time with a zone, such as '2026-01-31T09:30:00Z'.", 'since'],
      [
        `${list}?after_id=${webhook}`,
        "'after_id' is not a cursor of this list: use an id that this list has answered.",
        'after_id',
      ],
      [
        `${webhooks}?before_id=wh_7ZZZZZZZZZZZZZZZZZZZZZZZZZ`,
        "'before_id' is not a cursor of this list: use an id that this list has answered.",
        'before_id',
      ],
    ] as const) {
      await refused('GET', path, {}, 400, sentence, param);
    }
    const unknown = await h.ask('GET', `${webhooks}?status=enabled`);
    expect([unknown.status, mount.refusal(unknown).param]).toEqual([400, 'status']);
  });

  it.runIf(dialect === 'cloud')('a page token of another list of deliveries is not one of this list', async () => {
    const other = await makeWebhook(h, mount);
    const [event] = await publish(h, 'agent.seen');
    if (event === undefined) throw new Error('Nothing was published.');
    await logDeliveries(h, other, [{ event }, { event }]);
    const { next_page } = (await h.ask('GET', `${webhooks}/${other}/deliveries?limit=1`)).json;
    expect(next_page).toMatch(/^page_/);
    const sentence = "'page' is not a cursor of this list: use a page that this list has answered.";
    await refused('GET', `${webhooks}/${webhook}/deliveries?page=${next_page}`, {}, 400, sentence, 'page');
  });

  it('another request under a key that is known is a conflict', async () => {
    const headers = { 'idempotency-key': `reused-${dialect}` };
    await h.ask('POST', webhooks, { body: { url: ENDPOINT, events: ['*'] }, headers });
    const sentence =
      'This idempotency key was used for another request: use a new key for each request, and the same key only to repeat it.';
    await refused('POST', webhooks, { body: { url: ENDPOINT, events: ['a'] }, headers }, 409, sentence);
    await refused('POST', replays, { body: REPLAY, headers }, 409, sentence);
  });

  it('a method that a path does not take is told which it does', async () => {
    for (const [method, path, allow] of [
      ['PUT', webhooks, 'GET, HEAD, POST'],
      ['POST', `${webhooks}/${webhook}`, 'DELETE, GET, HEAD, PATCH'],
      ['GET', `${webhooks}/${webhook}/enable`, 'POST'],
      ['GET', `${webhooks}/${webhook}/test`, 'POST'],
      ['POST', `${webhooks}/${webhook}/deliveries`, 'GET, HEAD'],
      ['DELETE', `${replays}/rpl_01K5ZV9F2T4W7Y0A3C6E9G2J5M`, 'GET, HEAD'],
      ['GET', `${replays}/rpl_01K5ZV9F2T4W7Y0A3C6E9G2J5M/pause`, 'POST'],
    ] as const) {
      const reply = await h.ask(method, path);
      expect([reply.status, reply.headers.get('allow')], `${method} ${path}`).toEqual([405, allow]);
    }
  });

  it('a token without the scope is refused, by reading or by writing', async () => {
    const reader = await h.tokenWith('webhooks:read', 'events:read', 'events:write');
    const writer = await h.tokenWith('webhooks:write', 'events:read', 'events:write');
    const one = `${webhooks}/${webhook}`;
    const delivery = `${one}/deliveries/del_01K5ZV8D7Q2S5V8X1Z4B7D0F3H`;
    const replay = `${replays}/rpl_01K5ZV9F2T4W7Y0A3C6E9G2J5M`;
    for (const path of [webhooks, one, `${one}/deliveries`, delivery, replay]) {
      const sentence = "This needs a token with the scope 'webhooks:read'.";
      await refused('GET', path, { token: writer }, 403, sentence);
      expect([200, 404]).toContain((await h.ask('GET', path, { token: reader })).status);
    }
    for (const [method, path] of [
      ['POST', webhooks],
      ['PATCH', one],
      ['DELETE', one],
      ...['enable', 'disable', 'test', 'rotate_secret', 'recover'].map((verb) => ['POST', `${one}/${verb}`] as const),
      ['POST', `${delivery}/resend`],
      ['POST', replays],
      ...['pause', 'resume', 'cancel'].map((verb) => ['POST', `${replay}/${verb}`] as const),
    ] as const) {
      const sentence = "This needs a token with the scope 'webhooks:write'.";
      await refused(method, path, { token: reader, body: {} }, 403, sentence);
      await refusedWithoutToken(method, path);
    }
  });

  async function refusedWithoutToken(method: string, path: string): Promise<void> {
    const { status } = await h.ask(method, path, { token: null });
    expect(status).toBe(401);
  }

  it('an org has only so many webhooks', async () => {
    const full = await openHarness(({ nowUs }) => ({ courier: createCourier({ allow: [], timeoutMs: 1000, nowUs }) }));
    const made = Array.from({ length: 1_000 }, () => makeWebhook(full, mount));
    await Promise.all(made);
    const reply = await full.ask('POST', webhooks, { body: { url: ENDPOINT, events: ['*'] } });
    expect([reply.status, mount.refusal(reply).message]).toEqual([
      409,
      'This org has 1000 webhooks, which is as many as it may: delete one first.',
    ]);
    await full.close();
  });
});
