/** Reading JSON bodies: members to values, and what zod finds wrong with them to refusals that name the member. */
import { z } from '@hono/zod-openapi';
import { invalid, TurnlogError } from '@turnlog/core/errors';
import type { JsonNode } from '@turnlog/core/json';

type Issue = z.core.$ZodIssue;

/** The values of a body's members that a schema knows; an absent body has none. Unknown members are not even parsed. */
export function bodyMembers(body: JsonNode | null, schema: z.ZodObject): Record<string, unknown> {
  if (body === null) return {};
  checkObject(body);
  const members = body.members.filter(({ name }) => Object.hasOwn(schema.shape, name));
  return Object.fromEntries(members.map(({ name, value }) => [name, JSON.parse(value.text)]));
}

/** Throws `invalid_request` unless a body is an object. */
export function checkObject(body: JsonNode | null): void {
  if (body?.kind !== 'object') throw new TurnlogError('invalid_request', 'The body must be a JSON object.');
}

/** Checks values against a schema. Throws `invalid_request` naming the first member at fault. */
export function check<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw refusalOf(result.error.issues[0], []);
}

/** `must` of a schema: completes the sentence that begins with the member's name. */
export function must(requirement: string): { error: (issue: { readonly input?: unknown }) => string } {
  return {
    error: ({ input }) => (input === undefined ? `is required: it must be ${requirement}` : `must be ${requirement}`),
  };
}

/** A map of strings, every key kept as data. Null values only where they delete. */
export function stringMap<Value extends string | null>(options: { readonly nullable: boolean }) {
  const requirement = options.nullable ? 'a string, or null to delete the key' : 'a string';
  return z.unknown().transform((input, context): Record<string, Value> => {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      context.addIssue({ code: 'custom', message: 'must be an object of strings' });
      return z.NEVER;
    }
    for (const [key, value] of Object.entries(input)) {
      if (typeof value === 'string' || (value === null && options.nullable)) continue;
      context.addIssue({ code: 'custom', path: [key], message: `must be ${requirement}` });
      return z.NEVER;
    }
    return input as Record<string, Value>;
  });
}

function refusalOf(issue: Issue | undefined, base: readonly PropertyKey[]): Error {
  if (issue === undefined) return new TurnlogError('invalid_request', 'The body is not valid.');
  const path = [...base, ...issue.path];
  if (issue.code === 'invalid_union') {
    const deeper = issue.errors.flat().find((inner) => inner.path.length > 0);
    if (deeper !== undefined) return refusalOf(deeper, path);
  }
  const param = pathText(path);
  return invalid(param, `'${param}' ${issue.message}.`);
}

/** `metadata.key`, `scopes[1]`. */
function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? String(step) : `.${String(step)}`;
  }
  return text.length <= 256 ? text : `${text.slice(0, 255).toWellFormed()}…`;
}
