/** How a dialect serves what dialects have in common: webhooks, their deliveries, and replays. Only wrapping differs. */
import type { z } from '@hono/zod-openapi';
import type { TimeRange } from '@turnlog/core/clock';
import { type CursorKind, checkReached, cursorParam, type ListName, type PageQuery } from '@turnlog/core/cursors';
import { echo, invalid } from '@turnlog/core/errors';
import type { Id } from '@turnlog/core/ids';
import type { JsonNode } from '@turnlog/core/json';
import type { DeliveryDialect } from '@turnlog/core/webhooks';
import { bodyMembers, check } from '../body-members.ts';
import type { Call, Handle } from '../operations.ts';
import type { QueryTable, QueryValues, text } from '../query.ts';
import type { Services } from '../services.ts';

type TextParameter = ReturnType<typeof text>;
type RangeName = 'since' | 'until' | 'created_at[gt]' | 'created_at[gte]' | 'created_at[lt]' | 'created_at[lte]';
export type PagingTable = Readonly<Record<'limit' | 'after_id' | 'before_id' | 'page' | 'order', TextParameter>>;
export type RangeTable = Readonly<Record<RangeName, TextParameter>>;

/** Records of a list as JSON texts, in list order. */
export interface Records<Kind extends CursorKind> {
  readonly texts: readonly string[];
  readonly firstId: Id<Kind> | null;
  readonly lastId: Id<Kind> | null;
  readonly hasMore: boolean;
  /** The last id looked at in the direction of travel, where that is more than what was found. */
  readonly scannedThrough?: Id<Kind> | null;
}

/** How a dialect does lists, newest first. */
export interface Lists {
  /** What its lists take; see `taken`. */
  paging(kind: string): PagingTable;
  readonly range: RangeTable;
  /** Throws `invalid_request` naming the parameter. */
  readPage<Kind extends CursorKind>(query: QueryValues<PagingTable>, list: ListName<Kind>): PageQuery<Kind>;
  /** Throws `invalid_request` naming the parameter. */
  readRange(query: QueryValues<RangeTable>): TimeRange;
  present<Kind extends CursorKind>(list: ListName<Kind>, query: PageQuery<Kind>, records: Records<Kind>): string;
  /** The members of a page besides `data`. */
  readonly members: z.ZodRawShape;
  example(records: readonly { readonly id: string }[]): object;
}

export interface ResourceManner {
  /** What is made here is delivered in its words. */
  readonly dialect: DeliveryDialect;
  /** What its operation ids begin with. */
  readonly idPrefix: '' | 'platform.';
  readonly replaysPath: '/replays' | '/events/replay';
  readonly replaysListed: boolean;
  readonly unknownMembers: 'ignored' | 'refused';
  /** What it makes of a refusal of something in a body. */
  bodyFault(error: unknown): unknown;
  readonly lists: Lists;
}

/** A table for handlers that know every parameter of any dialect: those that this one does not take are never sent. */
export function taken<Table extends QueryTable>(own: Partial<Table>): Table {
  return own as Table;
}

/** Members of a body by its schema. Throws `invalid_request` naming the one at fault. */
export function readMembers<Schema extends z.ZodObject>(
  manner: ResourceManner,
  body: JsonNode | null,
  schema: Schema,
): z.output<Schema> {
  const members = bodyMembers(body, schema);
  if (manner.unknownMembers === 'refused') checkKnown(body, Object.keys(schema.shape));
  return check(schema, members);
}

/** A handler whose refusals of input are about its body. */
export function ofBodies<Table extends QueryTable>(manner: ResourceManner, handle: Handle<Table>): Handle<Table> {
  return async (call, exchange) => {
    try {
      return await handle(call, exchange);
    } catch (error) {
      throw manner.bodyFault(error);
    }
  };
}

/** Reads where a page begins. Throws `invalid_request` naming the parameter. */
export async function readPosition<Kind extends CursorKind>(
  { lists }: ResourceManner,
  { store, nowUs }: Pick<Services, 'store' | 'nowUs'>,
  { org, query }: Pick<Call<PagingTable>, 'org' | 'query'>,
  list: ListName<Kind>,
): Promise<PageQuery<Kind>> {
  const position = lists.readPage(query, list);
  const { limit, order, after_id, before_id, page } = query;
  await checkReached(store, org, nowUs(), position.cursor, cursorParam({ limit, order, after_id, before_id, page }));
  return position;
}

function checkKnown(body: JsonNode | null, names: readonly string[]): void {
  const unknown = body?.members.find(({ name }) => !names.includes(name));
  if (unknown === undefined) return;
  const param = echo(unknown.name);
  throw invalid(param, `'${param}' is no member of this body. Known are: ${names.join(', ')}.`);
}
