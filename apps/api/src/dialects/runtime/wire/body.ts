/** Reading members of a body. A null counts as not given. */
import { invalid, TurnlogError } from '@turnlog/core/errors';
import { type JsonNode, member } from '@turnlog/core/json';

/** Throws `invalid_request` unless the body is an object. */
export function checkObject(body: JsonNode | null): asserts body is JsonNode {
  if (body?.kind === 'object') return;
  throw new TurnlogError('invalid_request', 'The body must be a JSON object.');
}

/** Undefined when it is not given. Throws `invalid_request` for anything but a string. */
export function optionalString(body: JsonNode, name: string): string | undefined {
  const value = member(body, name)?.value;
  if (value === undefined || value.kind === 'null') return undefined;
  if (value.kind !== 'string') throw invalid(name, `'${name}' must be a string.`);
  return JSON.parse(value.text) as string;
}

export function requiredString(body: JsonNode, name: string): string {
  const text = optionalString(body, name);
  if (text === undefined) throw invalid(name, `'${name}' is required: send a string.`);
  return text;
}
