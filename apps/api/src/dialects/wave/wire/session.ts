/** Sessions as their controllers see them. */
import { z } from '@hono/zod-openapi';
import { formatMicros } from '@turnlog/core/clock';
import { type Phase, STATUS_OF_PHASE } from '@turnlog/core/lifecycle';
import type { Session } from '@turnlog/core/sessions';
import { browserOf } from './browser.ts';
import { CONFIGURATION_SHAPE, presentConfiguration, userAgentOf } from './configuration.ts';

const STATUSES = ['pending', 'running', 'paused', 'completed', 'aborted'] as const;
const ENDED: ReadonlySet<Phase> = new Set(['finished', 'failed', 'terminated']);

const token = z.string().openapi({ description: 'The token of the session, as it was sent in the path.' });
const time = (description: string) => z.string().nullable().openapi({ format: 'date-time', description });

export const CreatedSession = z
  .object({
    token: z
      .string()
      .nullable()
      .openapi({
        description:
          'Lets whoever knows it into this session alone. Null in the repeat of an answer that was given before: only its ' +
          'hash is stored.',
      }),
  })
  .openapi('CreatedSession', { description: 'The token of a new session, shown this once.' });

export const FoundSession = z
  .object({ token: z.string().openapi({ description: 'The UUID form of its id.' }) })
  .openapi('FoundSession', { description: 'The one session that was found.' });

export const SessionConfiguration = z
  .object({
    token,
    ...CONFIGURATION_SHAPE,
    user_agent: z.string().openapi({ description: 'Of the client that made the session; may be empty.' }),
    browser: z
      .object({ name: z.string(), version: z.string() })
      .openapi({ description: 'What the user agent says of it; `Other` and `0` where it says nothing.' }),
    is_public: z.literal(false),
    date_created: z.string().openapi({ format: 'date-time' }),
  })
  .openapi('SessionConfiguration', { description: 'What to run in a session, and who made it.' });

export const SessionStatus = z
  .object({
    token,
    status: z.enum(STATUSES),
    date_started: time('When it last began to run; null before.'),
    date_finished: time('The last change of a session that has ended; null before.'),
    expiration_date: z.null(),
  })
  .openapi('SessionStatus', { description: 'How far a session is.' });

/** `token` is what the path calls the session. */
export function presentSession({ metadata, createdUs }: Session, sent: string): string {
  const { tests, types, timeouts, reference_tokens, labels } = presentConfiguration(metadata);
  const userAgent = userAgentOf(metadata);
  const members = {
    token: JSON.stringify(sent),
    tests,
    types,
    timeouts,
    reference_tokens,
    user_agent: JSON.stringify(userAgent),
    browser: JSON.stringify(browserOf(userAgent)),
    is_public: 'false',
    date_created: `"${formatMicros(createdUs)}"`,
    labels,
  };
  return `{${Object.entries(members)
    .map(([name, text]) => `"${name}":${text}`)
    .join(',')}}`;
}

export function presentStatus({ phase, startedUs, updatedUs }: Session, sent: string): string {
  return JSON.stringify({
    token: sent,
    status: STATUS_OF_PHASE[phase].wave,
    date_started: startedUs === null ? null : formatMicros(startedUs),
    date_finished: ENDED.has(phase) ? formatMicros(updatedUs) : null,
    expiration_date: null,
  });
}
