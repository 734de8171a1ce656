/** The document of the wave dialect, and what its operations have in common there. */
import { type DialectReference, pathId, type RefusedStatus, refuses } from '../../http/reference.ts';
import { ErrorSentence } from './wire/error.ts';
import { TOKEN } from './wire/examples.ts';

/** Where the reference shows the operations. */
export const DOCUMENTED_AT = '/api';

const DESCRIPTION = `Events of one session, pushed by anybody and listened to by long polling; and the controls of the
session that test runners use. The same API is served below \`/_wave/api\`.

The token in the path is what creating the session has answered: it lets whoever knows it into this session alone and
needs no credential beside it. With a personal access token, sent as \`Authorization: Bearer <token>\` or
\`X-API-Key: <token>\`, it may also be the UUID form of any session of the org. Every origin may call. Bodies are JSON
in UTF-8, whatever their content type says; query parameters that are not listed are passed over.`;

/** The token in the path is enough. */
export const OPEN_TO_TOKENS = { security: [{}, { bearer: [] }, { apiKey: [] }] };
export const TOKEN_PARAMETER = pathId(
  'token',
  TOKEN,
  "The session's token; with a personal access token also the UUID form of its id.",
);

/** As elsewhere, but that any content type will do. */
export function refusesHere(kind: 'read' | 'write', ...more: readonly RefusedStatus[]) {
  const { 415: _, ...responses } = refuses(kind, ...more);
  return responses;
}

export const REFERENCE: DialectReference = {
  title: 'Turnlog: the wave dialect',
  description: DESCRIPTION,
  envelope: { name: 'ErrorSentence', schema: ErrorSentence },
  tags: [
    { name: 'Events', description: 'What happens in a session, in order, with a number each.' },
    { name: 'Sessions', description: 'One run each: what is to be done in it, and how far it is.' },
  ],
};
