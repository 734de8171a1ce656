/** Access tokens in the native form. */
import { z } from '@hono/zod-openapi';
import { formatMicros, parseInstant } from '@turnlog/core/clock';
import { invalid } from '@turnlog/core/errors';
import type { JsonNode } from '@turnlog/core/json';
import { limits } from '@turnlog/core/limits';
import { checkText } from '@turnlog/core/sessions';
import { checkOverlap, SCOPES, type Scope, type Token } from '@turnlog/core/tokens';
import { bodyMembers, check, must } from '../../../http/body-members.ts';
import { nullableTime, presentTime } from '../../../http/resources/wire/members.ts';
import { notAnInstant } from '../../../http/time-query.ts';
import { TOKEN_ID } from './examples.ts';
import { PAGE_MEMBERS } from './page.ts';

const ScopeName = z
  .enum(SCOPES, must(`one of ${SCOPES.join(', ')}`))
  .openapi('Scope', { description: 'What a token may do.' });

export const TokenResource = z
  .object({
    id: z.string().openapi({ description: '`tok_` and a ULID.', example: TOKEN_ID }),
    type: z.literal('token'),
    name: z.string(),
    scopes: z.array(ScopeName),
    prefix: z.string().openapi({ description: 'The first characters of the token, to recognise it by.' }),
    created_at: z.string().openapi({ format: 'date-time' }),
    expires_at: nullableTime('Null: it does not expire.'),
    last_used_at: nullableTime('To the minute; null when it was never used.'),
    revoked_at: nullableTime('Null unless revoked.'),
  })
  .openapi('Token', { description: 'An access token, without its secret.' });

export const TokenWithSecret = z
  .object({
    ...TokenResource.shape,
    token: z.string().nullable().openapi({
      description: 'The secret. Null in the repeat of an answer that was given before: only its hash is stored.',
    }),
  })
  .openapi('TokenWithSecret', { description: 'An access token with its secret, shown this once.' });

export const TokenPage = z
  .object({ data: z.array(TokenResource), ...PAGE_MEMBERS })
  .openapi('TokenPage', { description: 'A page of tokens.' });

export const CreateTokenParams = z
  .object({
    name: z
      .string(must('a string'))
      .openapi({ minLength: 1, maxLength: limits.tokenNameCharacters, description: '1 to 255 characters.' }),
    scopes: z
      .array(ScopeName, must('an array of scopes'))
      .min(1, { error: 'must name at least one scope' })
      .openapi({ description: 'What the token may do: at most what its maker may.' }),
    expires_at: z
      .string(must('a string'))
      .nullish()
      .openapi({ format: 'date-time', description: 'Left out or null, the token does not expire.' }),
  })
  .openapi('CreateTokenParams', {
    description: 'What a new token may do: never more, and never longer, than its maker.',
  });

export const RotateTokenParams = z
  .object({
    overlap_seconds: z
      .number(must('a number'))
      .nullish()
      .openapi({
        type: ['integer', 'null'],
        minimum: 0,
        maximum: limits.tokenOverlapSeconds,
        default: 0,
        description: 'How long earlier secrets stay valid beside the new one.',
      }),
  })
  .openapi('RotateTokenParams', { description: 'How the old secret goes.' });

interface TokenInput {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresUs: number | null;
}

/** Throws `invalid_request` naming the member at fault. */
export function parseCreateToken(body: JsonNode | null): TokenInput {
  const members = bodyMembers(body, CreateTokenParams);
  checkScopeCount(members['scopes']);
  const { name, scopes, expires_at } = check(CreateTokenParams, members);
  checkText(name, 'name', limits.tokenNameCharacters, 1);
  return { name, scopes: [...new Set(scopes)], expiresUs: parseExpiry(expires_at ?? null) };
}

/** The overlap in seconds, 0 when not sent. Throws `invalid_request`. */
export function parseRotateToken(body: JsonNode | null): number {
  const seconds = check(RotateTokenParams, bodyMembers(body, RotateTokenParams)).overlap_seconds ?? 0;
  checkOverlap(seconds);
  return seconds;
}

export function presentToken(token: Token): z.input<typeof TokenResource> {
  return {
    id: token.id,
    type: 'token',
    name: token.name,
    scopes: [...token.scopes],
    prefix: token.prefix,
    created_at: formatMicros(token.createdUs),
    expires_at: presentTime(token.expiresUs),
    last_used_at: presentTime(token.lastUsedUs),
    revoked_at: presentTime(token.revokedUs),
  };
}

/** Before each scope is looked at: a list may name every scope once. */
function checkScopeCount(scopes: unknown): void {
  if (!Array.isArray(scopes) || scopes.length <= SCOPES.length) return;
  throw invalid('scopes', `'scopes' must name at most ${SCOPES.length} scopes, each once.`);
}

function parseExpiry(text: string | null): number | null {
  if (text === null) return null;
  const instant = parseInstant(text);
  if (instant === null) throw notAnInstant('expires_at');
  if (Number.isSafeInteger(instant.ceilUs)) return instant.floorUs;
  throw invalid(
    'expires_at',
    "'expires_at' must lie before the year 2255; leave it out for a token that does not expire.",
  );
}
