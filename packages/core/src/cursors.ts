/**
 * Cursors. "After" and "before" speak of a list in the order in which it is shown. A cursor of a session's events must
 * be an event of that session; everywhere else it is a position, valid whether or not something stands there.
 */
import { invalid } from './errors.ts';
import { type Id, isId, microsOfId, type OrgId, type SessionId, type WebhookId } from './ids.ts';
import { limits } from './limits.ts';
import type { Store } from './store.ts';

export type Order = 'asc' | 'desc';
export type Direction = 'after' | 'before';

/** A place in a list, and which side of it is wanted. */
export interface Cursor<Kind extends CursorKind> {
  readonly direction: Direction;
  readonly id: Id<Kind>;
}

/** The kinds of records that lists hold. */
export type CursorKind = 'sess' | 'evt' | 'tok' | 'wh' | 'del' | 'rpl';

/** What a reader asks of a list. */
export interface PageQuery<Kind extends CursorKind> {
  readonly order: Order;
  readonly cursor: Cursor<Kind> | null;
  readonly limit: number;
}

/** Whether a page is read from older to newer: "before" travels against the order in which its list is shown. */
export function readsAscending({ order, cursor }: PageQuery<CursorKind>): boolean {
  return (order === 'asc') === (cursor?.direction !== 'before');
}

/** Which list a `page` token belongs to: a kind of record, and whose they are when it is not the list of the whole org. */
export interface ListName<Kind extends CursorKind> {
  readonly kind: Kind;
  readonly of: SessionId | WebhookId | null;
}

/** The raw paging parameters of a request; undefined when absent. */
export interface PageParameters {
  readonly limit: string | undefined;
  readonly order: string | undefined;
  readonly after_id: string | undefined;
  readonly before_id: string | undefined;
  readonly page: string | undefined;
}

const DIGITS = /^[0-9]{1,9}$/;
const ID_CHARACTERS = 26;
const LIST_LETTERS = { evt: 'e', sess: 's', tok: 't', wh: 'w', del: 'd', rpl: 'r' } as const;

/** How many records a list puts on a page. */
export interface PageSizes {
  readonly default: number;
  readonly max: number;
}

const SIZES: PageSizes = { default: limits.pageDefault, max: limits.pageMax };

/** Reads paging parameters. Throws `invalid_request` naming the parameter. */
export function readPage<Kind extends CursorKind>(
  parameters: PageParameters,
  list: ListName<Kind>,
  defaultOrder: Order,
  sizes: PageSizes = SIZES,
): PageQuery<Kind> {
  const { after_id, before_id, page } = parameters;
  if (page !== undefined && (after_id !== undefined || before_id !== undefined)) {
    throw invalid('page', `Send at most one of 'after_id', 'before_id' and 'page'.`);
  }
  if (after_id !== undefined && before_id !== undefined) {
    throw invalid('before_id', "Send 'after_id' or 'before_id', not both.");
  }
  const limit = readLimit(parameters.limit, sizes);
  const order = readOrder(parameters.order);
  if (page !== undefined) {
    const token = parsePageToken(page, list);
    if (order !== undefined && order !== token.order) {
      throw invalid(
        'page',
        `'page' was made for order=${token.order}: leave 'order' out, or start again without 'page'.`,
      );
    }
    return { order: token.order, cursor: { direction: token.direction, id: token.id }, limit };
  }
  let cursor: Cursor<Kind> | null = null;
  if (after_id !== undefined) cursor = { direction: 'after', id: readCursorId(after_id, list.kind, 'after_id') };
  if (before_id !== undefined) cursor = { direction: 'before', id: readCursorId(before_id, list.kind, 'before_id') };
  return { order: order ?? defaultOrder, cursor, limit };
}

/** The one refusal of every cursor that does not belong to its list: malformed, unknown or foreign. */
export function invalidCursor(param: string): Error {
  const wanted = param === 'page' ? 'a page' : 'an id';
  return invalid(param, `'${param}' is not a cursor of this list: use ${wanted} that this list has answered.`);
}

/** Throws the refusal of a foreign cursor when its position lies beyond the org's clock and beyond now. */
export async function checkReached(
  store: Pick<Store, 'lastUs'>,
  org: OrgId,
  nowUs: number,
  cursor: Cursor<CursorKind> | null,
  param: string,
): Promise<void> {
  if (cursor === null) return;
  const micros = microsOfId(cursor.id);
  if (micros > nowUs && micros > (await store.lastUs(org))) throw invalidCursor(param);
}

/** The parameter in which a query's cursor came, for refusals that need the store. */
export function cursorParam(parameters: PageParameters): string {
  if (parameters.page !== undefined) return 'page';
  return parameters.after_id !== undefined ? 'after_id' : 'before_id';
}

/** The opaque token that goes on from a record of a list. */
export function pageToken<Kind extends CursorKind>(list: ListName<Kind>, order: Order, cursor: Cursor<Kind>): string {
  const owner = list.of?.slice(-ID_CHARACTERS) ?? '';
  return `page_${LIST_LETTERS[list.kind]}${order[0]}${cursor.direction[0]}${owner}${cursor.id.slice(-ID_CHARACTERS)}`;
}

function parsePageToken<Kind extends CursorKind>(
  token: string,
  list: ListName<Kind>,
): Cursor<Kind> & { readonly order: Order } {
  const id = `${list.kind}_${token.slice(-ID_CHARACTERS)}`;
  const order = token[6] === 'd' ? 'desc' : 'asc';
  const direction = token[7] === 'b' ? 'before' : 'after';
  if (!isId(list.kind, id) || pageToken(list, order, { direction, id }) !== token) throw invalidCursor('page');
  return { order, direction, id };
}

function readCursorId<Kind extends CursorKind>(text: string, kind: Kind, param: string): Id<Kind> {
  if (!isId(kind, text)) throw invalidCursor(param);
  return text;
}

function readLimit(text: string | undefined, sizes: PageSizes): number {
  if (text === undefined) return sizes.default;
  const limit = DIGITS.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= sizes.max) return limit;
  throw invalid('limit', `'limit' must be a whole number from 1 to ${sizes.max}, in plain digits.`);
}

function readOrder(text: string | undefined): Order | undefined {
  if (text === undefined || text === 'asc' || text === 'desc') return text;
  throw invalid('order', `'order' must be 'asc' (oldest first) or 'desc' (newest first).`);
}
