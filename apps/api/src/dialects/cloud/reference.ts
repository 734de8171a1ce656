/** The document of the native API. */
import type { OpenAPIHono, RouteConfig } from '@hono/zod-openapi';
import { describeOperation } from '../../http/openapi.ts';
import type { DialectReference } from '../../http/reference.ts';
import { RESOURCE_TAGS } from '../../http/resources/routes.ts';
import { ErrorResponse } from './wire/error.ts';

/** Where the reference shows the operations. */
export const DOCUMENTED_AT = '/v1';

/** Shows that a route is also served by PATCH, under an operationId of its own. The SDK needs it once only. */
export function documentPatch(app: OpenAPIHono, route: RouteConfig, operationId: string): void {
  const alias = {
    ...route,
    method: 'patch',
    operationId,
    description: 'The same as `POST`.',
    'x-sdk-skip': true,
  } as const;
  app.openAPIRegistry.registerPath(describeOperation(alias, undefined, DOCUMENTED_AT));
}

const DESCRIPTION = `The system of record for AI-agent sessions: a durable, strictly ordered log of session events.

Send a personal access token as \`Authorization: Bearer <token>\` or \`X-API-Key: <token>\`. The same API is served at
\`/v1\` and at \`/api/v1/cloud\`. Every answer carries a \`request-id\`. Lists are read by cursor: \`after_id\` and
\`before_id\` speak of the list in the order in which it is shown, and \`next_page\` leads on in the direction of travel.

Every \`POST\`, and \`PATCH\` too, takes an \`Idempotency-Key\` (alias \`X-Idempotency-Key\`) of 1 to 255 visible ASCII
characters: for 48 hours the same key with the same request has one effect and one answer, which a repeat marks
\`Idempotent-Replayed: true\`; with another request it is a conflict.

Other dialects read and write the same log: choose one at the top left, or see \`/openapi/workflow.json\`,
\`platform.json\`, \`wave.json\` and \`runtime.json\` beside it. Streams, held polls and a WebSocket are described for all of
them by the AsyncAPI document at \`/asyncapi.json\`.`;

export const REFERENCE: DialectReference = {
  title: 'Turnlog',
  description: DESCRIPTION,
  envelope: { name: 'ErrorResponse', schema: ErrorResponse },
  tags: [
    { name: 'Sessions', description: 'One agent run or conversation each.' },
    { name: 'Events', description: 'The immutable facts of a session, in order.' },
    { name: 'Feed', description: 'Every event of the org in one order: of all sessions, and of the account stream.' },
    ...RESOURCE_TAGS,
    { name: 'Tokens', description: 'Personal access tokens of the org.' },
  ],
};
