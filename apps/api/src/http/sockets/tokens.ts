/** Tokens of clients that cannot set headers: as a subprotocol, or in the first message. */

/** What a client that offers a token offers besides, and is answered. */
export const PROTOCOL = 'turnlog';
const TOKEN_PROTOCOL = 'turnlog.token.';

/** The token among the offered subprotocols, which is base64url there; undefined when there is none. */
export function tokenOffered(protocols: string | undefined): string | undefined {
  const offered = protocols?.split(',').map((protocol) => protocol.trim());
  const encoded = offered?.find((protocol) => protocol.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length);
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64url').toString('utf8');
}

/** The token of `{"type":"auth","token":"…"}`; null for any other message. */
export function tokenIn(message: Buffer): string | null {
  let said: unknown;
  try {
    said = JSON.parse(message.toString('utf8'));
  } catch {
    return null;
  }
  if (typeof said !== 'object' || said === null || !('type' in said) || !('token' in said)) return null;
  return said.type === 'auth' && typeof said.token === 'string' ? said.token : null;
}
