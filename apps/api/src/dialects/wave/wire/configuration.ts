/**
 * What a test runner is to do in a session. It is kept as labels of the session, each value as JSON text under a name of
 * its own (`types`, `tests.include`), so that changing one is changing nothing else; and is nobody's business but the
 * runner's: other dialects show it as metadata, and may change it, so what is no configuration any more counts as not given.
 */
import { z } from '@hono/zod-openapi';
import { invalid, TurnlogError } from '@turnlog/core/errors';
import { type JsonNode, member, scanJson } from '@turnlog/core/json';
import { limits } from '@turnlog/core/limits';
import type { Metadata } from '@turnlog/core/sessions';

/** A value that is kept as one label. */
interface Value {
  readonly fits: (value: JsonNode) => boolean;
  readonly form: string;
  /** What counts as long as nothing is given, as JSON text. */
  readonly fallback: string;
}

const texts = (fallback: string): Value => ({
  fits: ({ kind, items }) => kind === 'array' && items.every((item) => item.kind === 'string'),
  form: 'an array of strings',
  fallback,
});
const milliseconds = (fallback: string): Value => ({
  fits: ({ kind }) => kind === 'number',
  form: 'a number of milliseconds',
  fallback,
});

const USER_AGENT = 'user_agent';
/** Every value by the name of its label; a dot leads into a part that is an object. */
const VALUES: Readonly<Record<string, Value>> = {
  'tests.include': texts('["/"]'),
  'tests.exclude': texts('[]'),
  types: texts('["automatic","manual"]'),
  'timeouts.automatic': milliseconds('60000'),
  'timeouts.manual': milliseconds('300000'),
  reference_tokens: texts('[]'),
  labels: texts('[]'),
};
const OBJECTS: ReadonlySet<string> = new Set(['tests', 'timeouts']);
const PART_NAMES = ['tests', 'types', 'timeouts', 'reference_tokens', 'labels'] as const;
type PartName = (typeof PART_NAMES)[number];

const strings = z.array(z.string());
const kept = `It is kept as JSON of at most ${limits.metadataValueCharacters} characters.`;
const PARAMS = {
  tests: z
    .object({ include: strings.optional(), exclude: strings.optional() })
    .openapi({ description: `Paths of the tests to run, and of those to leave out. ${kept}` }),
  types: strings.openapi({ description: `Kinds of tests to run: \`automatic\`, \`manual\`. ${kept}` }),
  timeouts: z
    .object({ automatic: z.number().optional(), manual: z.number().optional() })
    .openapi({ description: 'How long a test may take, in milliseconds, by its kind.' }),
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
  const labels = parseChanges(body);
  if (userAgent) labels[USER_AGENT] = userAgent.slice(0, limits.metadataValueCharacters);
  return labels;
}

/** The labels that change; of `tests` and `timeouts` only what is sent. Throws `invalid_request`. */
export function parseChanges(body: JsonNode | null): Record<string, string> {
  if (body !== null && body.kind !== 'object') {
    throw new TurnlogError('invalid_request', 'The body must be a JSON object, or be left out.');
  }
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(VALUES)) {
    const sent = body === null ? undefined : sentAs(name, body);
    if (sent !== undefined && sent.kind !== 'null') found[name] = checked(name, value, sent).text;
  }
  return found;
}

/** The label of a list of labels, sent as such or as a member of that name. Throws `invalid_request`. */
export function parseLabels(body: JsonNode | null): Record<string, string> {
  const sent = body?.kind === 'object' ? member(body, 'labels')?.value : (body ?? undefined);
  if (sent === undefined) throw invalid('labels', "'labels' is required: send an array of strings.");
  return { labels: checked('labels', texts('[]'), sent).text };
}

/** The parts of a session's configuration as JSON text, whole. */
export function presentConfiguration(metadata: Metadata): Record<PartName, string> {
  const parts = PART_NAMES.map((part) => {
    if (!OBJECTS.has(part)) return [part, storedText(part, metadata)];
    const members = Object.keys(VALUES).filter((name) => name.startsWith(`${part}.`));
    return [part, `{${members.map((name) => `"${memberOf(name)}":${storedText(name, metadata)}`).join(',')}}`];
  });
  return Object.fromEntries(parts) as Record<PartName, string>;
}

export function userAgentOf(metadata: Metadata): string {
  return textAt(metadata, USER_AGENT) ?? '';
}

function sentAs(name: string, body: JsonNode): JsonNode | undefined {
  const [part = name] = name.split('.', 1);
  const sent = member(body, part)?.value;
  if (!OBJECTS.has(part) || sent === undefined || sent.kind === 'null') return sent;
  if (sent.kind !== 'object') throw invalid(part, `'${part}' must be an object.`);
  return member(sent, memberOf(name))?.value;
}

function memberOf(name: string): string {
  return name.slice(name.indexOf('.') + 1);
}

function checked(name: string, { fits, form }: Value, value: JsonNode): JsonNode {
  if (!fits(value)) throw invalid(name, `'${name}' must be ${form}.`);
  const { length } = value.text;
  if (length <= limits.metadataValueCharacters) return value;
  const sentence = `'${name}' has ${length} characters of JSON; ${limits.metadataValueCharacters} can be kept.`;
  throw invalid(name, sentence);
}

/** What a label says, or what stands in for it. */
function storedText(name: string, metadata: Metadata): string {
  const { fits, fallback } = VALUES[name] as Value;
  const text = textAt(metadata, name);
  if (text === undefined) return fallback;
  try {
    const value = scanJson(text);
    return fits(value) ? value.text : fallback;
  } catch {
    return fallback;
  }
}

function textAt(metadata: Metadata, name: string): string | undefined {
  return Object.hasOwn(metadata, name) ? metadata[name] : undefined;
}
