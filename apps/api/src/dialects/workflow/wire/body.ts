/** Reading the members of a body; null counts as absent. */
import { invalid, TurnlogError } from '@turnlog/core/errors';
import { type JsonKind, type JsonNode, member } from '@turnlog/core/json';

/** Throws `invalid_request` unless a body is an object. */
export function checkObject(body: JsonNode | null): asserts body is JsonNode {
  if (body?.kind !== 'object') throw new TurnlogError('invalid_request', 'The body must be a JSON object');
}

/** A member of one kind; undefined when it is absent. Throws `invalid_request` when it is of another. */
export function memberOfKind(body: JsonNode, name: string, kind: JsonKind): JsonNode | undefined {
  const value = member(body, name)?.value;
  if (value === undefined || value.kind === 'null') return undefined;
  if (value.kind !== kind) throw invalid(name, `${name} must be ${kind === 'object' ? 'an' : 'a'} ${kind}`);
  return value;
}

/** The value of a scanned string. */
export function decoded({ text }: JsonNode): string {
  return JSON.parse(text) as string;
}
