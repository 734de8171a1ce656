/** Numbered pages: which one is asked for, and what an answer says of where it stands. */
import { z } from '@hono/zod-openapi';
import { invalid } from '@turnlog/core/errors';
import { type QueryValues, text } from '../../../http/query.ts';

const PER_PAGE_DEFAULT = 20;
const PER_PAGE_MAX = 100;
/** Far past the end of any list, and far within what a double counts exactly. */
const PAGE_MAX = 2 ** 31;
const DIGITS = /^\d+$/;

export const PAGING = {
  page: text(
    { type: 'integer', minimum: 1, maximum: PAGE_MAX, default: 1 },
    'Which page, from 1. One past the end is empty.',
  ),
  per_page: text({ type: 'integer', minimum: 1, maximum: PER_PAGE_MAX, default: PER_PAGE_DEFAULT }, 'Items a page.'),
} as const;

export const Pagination = z
  .object({
    page: z.int().openapi({ description: 'As asked for.' }),
    per_page: z.int().openapi({ description: 'As asked for.' }),
    total: z.int().openapi({ description: 'How many items match, over all pages.' }),
    total_pages: z.int().openapi({ description: '0 when nothing matches.' }),
    has_next: z.boolean(),
    has_prev: z.boolean().openapi({ description: 'True on every page but the first.' }),
  })
  .openapi('Pagination', { description: 'Where a page stands.' });

export interface PageRequest {
  readonly page: number;
  readonly perPage: number;
  /** How many items stand on the pages before. */
  readonly offset: number;
}

/** Throws `invalid_request`. */
export function readPaging(query: QueryValues<typeof PAGING>): PageRequest {
  const page = readCount(query.page, 1);
  if (page === null || page < 1) throw invalid('page', 'page must be at least 1');
  if (page > PAGE_MAX) throw invalid('page', `page must be between 1 and ${PAGE_MAX}`);
  const perPage = readCount(query.per_page, PER_PAGE_DEFAULT);
  if (perPage === null || perPage < 1 || perPage > PER_PAGE_MAX) {
    throw invalid('per_page', `per_page must be between 1 and ${PER_PAGE_MAX}`);
  }
  return { page, perPage, offset: (page - 1) * perPage };
}

export function presentPagination({ page, perPage }: PageRequest, total: number): z.input<typeof Pagination> {
  const totalPages = Math.ceil(total / perPage);
  return {
    page,
    per_page: perPage,
    total,
    total_pages: totalPages,
    has_next: page < totalPages,
    has_prev: page > 1,
  };
}

/** A number in plain digits; null: it is none. */
function readCount(text: string | undefined, fallback: number): number | null {
  if (text === undefined) return fallback;
  return DIGITS.test(text) ? Number(text) : null;
}
