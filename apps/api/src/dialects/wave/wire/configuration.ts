/**
 * What a test runner is to do in a session. It is kept as labels of the session, each part as JSON text under its own
 * name, and is nobody's business but the runner's: other dialects show it as metadata, and may change it, so what is no
 * configuration any more counts as not given.
 */
import { z } from '@hono/zod-openapi';
import { invalid, TurnlogError } from '@turnlog/core/errors';
import { type JsonKind, type JsonNode, member, scanJson } from '@turnlog/core/json';
import { limits } from '@turnlog/core/limits';
import type { Metadata } from '@turnlog/core/sessions';

interface Part {
  readonly kind: JsonKind;
  /** What is wrong with a value of the right kind; null: nothing. */
  readonly problem: (value: JsonNode) => string | null;
  /** What counts as long as nothing is given, as JSON text; of an object, member by member. */
  readonly fallback: string;
}

const USER_AGENT = 'user_agent';
const texts: Part = {
  kind: 'array',
  problem: ({ items }) => (items.every(({ kind }) => kind === 'string') ? null : 'must be an array of strings'),
  fallback: '[]',
};

const PARTS = {
  tests: {
    kind: 'object',
    problem: (tests) => {
      const wrong = ['include', 'exclude'].find((name) => !isAbsentOr(member(tests, name)?.value, texts));
      return wrong === undefined ? null : `must have an array of strings as '${wrong}'`;
    },
    fallback: '{"include":["/"],"exclude":[]}',
  },
  types: { ...texts, fallback: '["automatic","manual"]' },
  timeouts: {
    kind: 'object',
    problem: ({ members }) =>
      members.every(({ value }) => value.kind === 'number') ? null : 'must have milliseconds as its members',
    fallback: '{"automatic":60000,"manual":300000}',
  },
  reference_tokens: texts,
  labels: texts,
} as const satisfies Record<string, Part>;
type PartName = keyof typeof PARTS;
const NAMES = Object.keys(PARTS) as PartName[];

const strings = z.array(z.string());
const kept = `It is kept as JSON of at most ${limits.metadataValueCharacters} characters.`;
const PARAMS = {
  tests: z
    .object({ include: strings.optional(), exclude: strings.optional() })
    .openapi({ description: `Paths of the tests to run, and of those to leave out. ${kept}` }),
  types: strings.openapi({ description: `Kinds of tests to run: \`automatic\`, \`manual\`. ${kept}` }),
  timeouts: z
    .record(z.string(), z.number())
    .openapi({ description: `How long a test may take, in milliseconds, by its kind. ${kept}` }),
  reference_tokens: strings.openapi({ description: `Tokens of sessions to compare with. ${kept}` }),
  labels: strings.openapi({ description: `Names to find the session by. ${kept}` }),
};

export const ConfigurationParams = z
  .object(PARAMS)
  .partial()
  .openapi('Configuration', { description: 'What to run in the session; other members are ignored.' });

/** The parts as every session shows them. */
export const CONFIGURATION_SHAPE = PARAMS;

/** The labels of a session that is to be made. Throws `invalid_request`. */
export function parseConfiguration(body: JsonNode | null, userAgent: string | undefined): Record<string, string> {
  const labels = textsOf(body, {});
  if (userAgent) labels[USER_AGENT] = userAgent.slice(0, limits.metadataValueCharacters);
  return labels;
}

/** The labels that change; of `tests` and `timeouts` only what is sent. Throws `invalid_request`. */
export function parseChanges(body: JsonNode | null, before: Metadata): Record<string, string> {
  return textsOf(body, before);
}

/** The label of a list of labels, sent as such or as a member of that name. Throws `invalid_request`. */
export function parseLabels(body: JsonNode | null): Record<string, string> {
  const sent = body?.kind === 'object' ? member(body, 'labels')?.value : (body ?? undefined);
  if (sent === undefined) throw invalid('labels', "'labels' is required: send an array of strings.");
  return { labels: checked('labels', sent).text };
}

/** The parts of a session's configuration as JSON text, whole. */
export function presentConfiguration(metadata: Metadata): Record<PartName, string> {
  return Object.fromEntries(
    NAMES.map((name) => [name, completed(storedPart(name, metadata), scanJson(PARTS[name].fallback))]),
  ) as Record<PartName, string>;
}

export function userAgentOf(metadata: Metadata): string {
  return textAt(metadata, USER_AGENT) ?? '';
}

function textsOf(body: JsonNode | null, before: Metadata): Record<string, string> {
  if (body !== null && body.kind !== 'object') {
    throw new TurnlogError('invalid_request', 'The body must be a JSON object, or be left out.');
  }
  const found: Record<string, string> = {};
  for (const name of NAMES) {
    const sent = body === null ? undefined : member(body, name)?.value;
    if (sent === undefined || sent.kind === 'null') continue;
    const text = completed(checked(name, sent), storedPart(name, before));
    checkLength(name, text);
    found[name] = text;
  }
  return found;
}

function checked(name: PartName, value: JsonNode): JsonNode {
  const { kind, problem } = PARTS[name];
  const wrong = value.kind === kind ? problem(value) : `must be an ${kind === 'array' ? 'array of strings' : kind}`;
  if (wrong !== null) throw invalid(name, `'${name}' ${wrong}.`);
  checkLength(name, value.text);
  return value;
}

function checkLength(name: PartName, text: string): void {
  if (text.length > limits.metadataValueCharacters) {
    const sentence = `'${name}' has ${text.length} characters of JSON; ${limits.metadataValueCharacters} can be kept.`;
    throw invalid(name, sentence);
  }
}

function storedPart(name: PartName, metadata: Metadata): JsonNode | null {
  const text = textAt(metadata, name);
  if (text === undefined) return null;
  try {
    return checked(name, scanJson(text));
  } catch {
    return null;
  }
}

/** A value, or what stands in for it; of an object, member by member. */
function completed(value: JsonNode | null, fallback: JsonNode | null): string {
  if (value === null || fallback === null) return (value ?? fallback)?.text ?? 'null';
  if (value.kind !== 'object') return value.text;
  const given = value.members.filter((candidate) => candidate.value.kind !== 'null');
  const missing = fallback.members.filter(({ name }) => given.every((candidate) => candidate.name !== name));
  return `{${[...given, ...missing].map(({ text }) => text).join(',')}}`;
}

function isAbsentOr(value: JsonNode | undefined, { kind, problem }: Part): boolean {
  return value === undefined || value.kind === 'null' || (value.kind === kind && problem(value) === null);
}

function textAt(metadata: Metadata, name: string): string | undefined {
  return Object.hasOwn(metadata, name) ? metadata[name] : undefined;
}
