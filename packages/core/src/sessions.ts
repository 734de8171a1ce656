/** Sessions: one agent run or conversation each. */
import { invalid } from './errors.ts';
import type { EventDraft, Usage } from './events.ts';
import { isId, type SessionId, type TurnId } from './ids.ts';
import type { Phase } from './lifecycle.ts';
import { limits } from './limits.ts';
import type { Origin } from './origins.ts';

export type Metadata = Readonly<Record<string, string>>;

/** Who runs in a session: opaque labels of the caller. */
export interface Agent {
  readonly id: string;
  readonly version: string | number | null;
}

export interface Session {
  readonly id: SessionId;
  readonly origin: Origin;
  readonly externalId: string | null;
  readonly agent: Agent | null;
  readonly environmentId: string | null;
  readonly title: string | null;
  readonly metadata: Metadata;
  readonly phase: Phase;
  /** The turn that an event without one takes. */
  readonly turnId: TurnId | null;
  readonly usage: Usage;
  readonly eventCount: number;
  /** Times in microseconds since 1970. */
  readonly createdUs: number;
  /** When its producer says that it began: a checked time as sent; null when it said nothing. */
  readonly occurredAt: string | null;
  /** The last change of any kind, an append included. */
  readonly updatedUs: number;
  readonly archivedUs: number | null;
  /** When it last entered work from rest. */
  readonly startedUs: number | null;
}

/** What is told of a session that is gone. */
export interface DeletedSession {
  readonly id: SessionId;
  readonly eventCount: number;
}

/** How a caller names a session: by our id or by its own. */
export type SessionRef = { readonly id: SessionId } | { readonly externalId: string };

/** The name that a reference was made of, as an answer may echo it. */
export function nameOf(ref: SessionRef): string {
  return 'id' in ref ? ref.id : ref.externalId;
}

export interface CreateSession {
  /** Absent: native. */
  readonly origin?: Origin;
  readonly externalId: string | null;
  readonly agent: Agent | null;
  readonly environmentId: string | null;
  readonly title: string | null;
  readonly metadata: Metadata;
  readonly events: readonly EventDraft[];
  /** When its producer says that it began. */
  readonly occurredAt?: string;
  /** Begins as running. */
  readonly running?: boolean;
  /** SHA-256 of a secret that lets its bearer into this session alone: 64 hexadecimal digits. */
  readonly capability?: string;
}

/** A session to be made, or gone on with when one of this name exists. */
export interface StartSession extends CreateSession {
  readonly externalId: string;
}

/** `undefined` leaves a field as it is; a metadata value of null deletes its key. */
export interface UpdateSession {
  readonly title: string | null | undefined;
  readonly metadata: Readonly<Record<string, string | null>> | undefined;
  /** The agent's new label, without a version. */
  readonly agentId?: string | undefined;
  /** Announced even when nothing changes. */
  readonly always?: boolean;
}

const NATIVE_FORM = /^(sess|evt|turn|wh|del|rpl|tok|org|req)_[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** The session that a path segment names; null when the segment can name none. */
export function sessionRef(segment: string): SessionRef | null {
  if (isId('sess', segment)) return { id: segment };
  return externalIdProblem(segment) === null ? { externalId: segment } : null;
}

/** Throws `invalid_request` unless the text may be an `external_id`. */
export function checkExternalId(externalId: string, param: string): void {
  const problem = externalIdProblem(externalId);
  if (problem !== null) throw invalid(param, `'${param}' ${problem}.`);
}

function externalIdProblem(text: string): string | null {
  const length = characters(text);
  if (length < 1 || length > limits.externalIdCharacters) {
    return `must have 1 to ${limits.externalIdCharacters} characters`;
  }
  if (text.includes('/') || CONTROL.test(text)) return "must not contain '/' or control characters";
  if (text === '.' || text === '..') return 'must not be a path segment that climbs';
  if (!text.isWellFormed()) return 'must not contain lone surrogates';
  if (NATIVE_FORM.test(text)) return 'must not have the form of an id made by the server';
  return null;
}

/** Throws `invalid_request` unless a text has at most `max` (and at least `min`) well-formed Unicode characters. */
export function checkText(text: string, param: string, max: number, min = 0): void {
  const length = characters(text);
  if (length < min || length > max) {
    throw invalid(param, `'${param}' has ${length} characters; it must have ${min} to ${max}.`);
  }
  if (!text.isWellFormed()) throw invalid(param, `'${param}' must not contain lone surrogates.`);
}

/** Throws `invalid_request` unless every key and value is within bounds; null values are deletions. */
export function checkMetadata(metadata: Readonly<Record<string, string | null>>, param: string): void {
  for (const [key, value] of Object.entries(metadata)) {
    const path = `${param}.${key.slice(0, 2 * limits.metadataKeyCharacters).toWellFormed()}`;
    checkText(key, path, limits.metadataKeyCharacters, 1);
    if (value !== null) checkText(value, path, limits.metadataValueCharacters);
  }
  const pairs = Object.values(metadata).filter((value) => value !== null).length;
  checkMetadataPairs(pairs, param);
}

export function checkMetadataPairs(pairs: number, param: string): void {
  if (pairs > limits.metadataPairs) {
    throw invalid(param, `'${param}' has ${pairs} pairs; at most ${limits.metadataPairs} are allowed.`);
  }
}

/** Metadata after an update; keys keep their first position. */
export function mergedMetadata(current: Metadata, change: Readonly<Record<string, string | null>>): Metadata {
  const merged = new Map<string, string>(Object.entries(current));
  for (const [key, value] of Object.entries(change)) {
    if (value === null) merged.delete(key);
    else merged.set(key, value);
  }
  return Object.fromEntries(merged);
}

/** Unicode characters, not UTF-16 units. */
function characters(text: string): number {
  let pairs = 0;
  for (let i = 0; i + 1 < text.length; i++) {
    if (isHigh(text.charCodeAt(i)) && isLow(text.charCodeAt(i + 1))) {
      pairs++;
      i++;
    }
  }
  return text.length - pairs;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
