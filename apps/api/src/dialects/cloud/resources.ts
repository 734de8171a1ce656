/** Webhooks, deliveries and replays as the native API has them. */

import { readPage } from '@turnlog/core/cursors';
import type { ResourceManner } from '../../http/resources/manner.ts';
import { page } from './wire/examples.ts';
import { FEED_RANGE, readFeedRange } from './wire/feed-query.ts';
import { PAGE_MEMBERS, pageParameters, paging, presentPage } from './wire/page.ts';

export const RESOURCES: ResourceManner = {
  dialect: 'cloud',
  idPrefix: '',
  replaysPath: '/replays',
  replaysListed: true,
  unknownMembers: 'ignored',
  bodyFault: (error) => error,
  lists: {
    paging: (kind) => paging(kind, 'desc'),
    range: FEED_RANGE,
    readPage: (query, list) => readPage(pageParameters(query), list, 'desc'),
    readRange: readFeedRange,
    present: presentPage,
    members: PAGE_MEMBERS,
    example: page,
  },
};
