/** The stored form of an event: its JSON text, envelope first, own members as sent (I8). */
import { formatMicros } from '../clock.ts';
import { type EventId, makeId, type SessionId } from '../ids.ts';
import type { Author, EventRow } from './plan.ts';

/** The envelope members of one event, in JSON text where they may be null or come from outside. */
export interface Envelope {
  readonly id: EventId;
  readonly type: string;
  readonly sessionId: string | null;
  readonly turnId: string | null;
  readonly schemaVersion: string;
  readonly micros: number;
  readonly occurredAt: string | null;
  readonly seq: number | null;
}

/** One line without insignificant white space. */
export function eventText(envelope: Envelope, fields: string): string {
  const { id, type, sessionId, turnId, schemaVersion, occurredAt, seq } = envelope;
  const time = formatMicros(envelope.micros);
  const session = sessionId === null ? 'null' : `"${sessionId}"`;
  const turn = turnId === null ? 'null' : `"${turnId}"`;
  const occurred = occurredAt === null ? '' : `"occurred_at":${occurredAt},`;
  const own = fields === '' ? '' : `,${fields}`;
  return `{"id":"${id}","type":"${type}","session_id":${session},"turn_id":${turn},"schema_version":${schemaVersion},"created_at":"${time}","processed_at":"${time}",${occurred}"seq":${seq}${own}}`;
}

const ID_START = '{"id":"'.length;
const ID_END = ID_START + 'evt_'.length + 26;

/** The id of a stored event, which stands first in its text. */
export function idOfText(text: string): EventId {
  return text.slice(ID_START, ID_END) as EventId;
}

/** Characters at the beginning of a text that hold its id, type and session, all of them ASCII. */
export const HEAD_CHARACTERS = 256;
const TYPE_START = ID_END + '","type":"'.length;
const TYPE_TO_SESSION = '","session_id":'.length;
const NO_SESSION = 'n';
const SESSION_CHARACTERS = 'sess_'.length + 26;

/** The type of a stored event, from its text or the head of it. */
export function typeOfText(text: string): string {
  return text.slice(TYPE_START, text.indexOf('"', TYPE_START));
}

/** The session of a stored event of this type; null for account events. */
export function sessionOfText(text: string, type: string): SessionId | null {
  const start = TYPE_START + type.length + TYPE_TO_SESSION;
  return text[start] === NO_SESSION ? null : (text.slice(start + 1, start + 1 + SESSION_CHARACTERS) as SessionId);
}

/** A fact that the server itself puts into the account stream about a session. */
export function accountEvent(
  author: Author,
  seq: number,
  type: string,
  causedBy: string,
  data: Readonly<Record<string, unknown>>,
): EventRow {
  const { agentId, sessionId: aboutSession } = author;
  const subject = { session_id: aboutSession, external_id: author.externalId, agent_id: agentId, caused_by: causedBy };
  return { ...serverEvent(author, seq, type, { ...subject, ...data }), agentId, aboutSession };
}

/** A fact that the server itself puts into the account stream; its data says what caused it. */
export function serverEvent(
  { clock, context }: Pick<Author, 'clock' | 'context'>,
  seq: number,
  type: string,
  data: Readonly<Record<string, unknown>> & { readonly caused_by: string },
): EventRow {
  const micros = clock.tick();
  const id = makeId('evt', micros, context.random);
  const text = eventText(
    { id, type, sessionId: null, turnId: null, schemaVersion: '"1.0"', micros, occurredAt: null, seq: null },
    `"data":${JSON.stringify(data)}`,
  );
  return {
    stream: 'account',
    seq,
    id,
    type,
    origin: 'server',
    agentId: null,
    aboutAgent: null,
    aboutSession: null,
    text,
  };
}
