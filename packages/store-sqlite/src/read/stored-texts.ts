/** Stored texts with what the log knows besides them. */
import { type EventId, idFromBytes } from '@turnlog/core/ids';
import { ORIGINS, type Origin, type Provenance } from '@turnlog/core/origins';
import { idOfText } from '@turnlog/core/plan/event-text';
import type { EventRecord } from '@turnlog/core/store';

/** A row of `TEXT_COLUMNS`. Texts stay bytes on their way from the file to the socket. */
export interface TextRow extends ProvenanceRow {
  readonly text: Buffer;
}

interface ProvenanceRow {
  readonly origin: number;
  readonly request_id: Uint8Array;
}

export const TEXT_COLUMNS = 'CAST(text AS BLOB) AS text, origin, request_id';

/** Covers the beginning of a text, in which its id stands. */
const ID_BYTES = 64;

export function idOf(text: Buffer): EventId {
  return idOfText(text.toString('latin1', 0, ID_BYTES));
}

export function provenanceOf({ origin, request_id }: ProvenanceRow): Provenance {
  return { origin: ORIGINS[origin] as Origin, requestId: idFromBytes('req', request_id) };
}

export function recordOf(row: TextRow): EventRecord {
  return { id: idOf(row.text), text: row.text, ...provenanceOf(row) };
}
