/** Reading decoded members of scanned JSON, by name. */
import { type JsonNode, member } from './json.ts';

/** The decoded text of a string member; null when it is absent or no string. */
export function stringMember(node: JsonNode | undefined, name: string): string | null {
  const value = node && member(node, name)?.value;
  return value?.kind === 'string' ? (JSON.parse(value.text) as string) : null;
}

/** A number member as a double; null when it is absent or no number. */
export function numberMember(node: JsonNode | undefined, name: string): number | null {
  const value = node && member(node, name)?.value;
  return value?.kind === 'number' ? Number(value.text) : null;
}

/** An object member; undefined when it is absent or no object. */
export function objectMember(node: JsonNode | undefined, name: string): JsonNode | undefined {
  const value = node && member(node, name)?.value;
  return value?.kind === 'object' ? value : undefined;
}
