/** Webhooks, deliveries and replays as this dialect has them. */

import { readPage } from '@turnlog/core/cursors';
import { ofBody } from '@turnlog/core/errors';
import { type PagingTable, type RangeTable, type ResourceManner, taken } from '../../http/resources/manner.ts';
import { PAGE_MEMBERS, PAGING, pageOf, pageParameters, presentPage, readTimes, SIZES, TIMES } from './wire/page.ts';

export const RESOURCES: ResourceManner = {
  dialect: 'platform',
  idPrefix: 'platform.',
  replaysPath: '/events/replay',
  replaysListed: false,
  unknownMembers: 'refused',
  bodyFault: ofBody,
  lists: {
    paging: () => taken<PagingTable>(PAGING),
    range: taken<RangeTable>(TIMES),
    readPage: (query, list) => readPage(pageParameters(query), list, 'desc', SIZES),
    readRange: readTimes,
    present: (_list, _query, records) => presentPage(records.texts, records),
    members: PAGE_MEMBERS,
    example: pageOf,
  },
};
