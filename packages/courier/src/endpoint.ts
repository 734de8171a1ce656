/** What shows in the URL of an endpoint before anything is dialled. */
import { limits } from '@turnlog/core/limits';
import { isPublic, parseAddress } from './addresses.ts';
import { type Egress, isUsualPort } from './egress.ts';

const WEB = /^https?:\/\/[^/?#\\]/i;
const USER = /^https?:\/\/[^/?#\\]*@/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const UNPRINTABLE = /[\u0000-\u0020\u007f]/;
const LOCAL = /(?:^|\.)localhost\.?$/;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** What is wrong, as a sentence that goes on behind a parameter's name; null: nothing that shows. */
export function problemOf(text: string, egress: Egress): string | null {
  if (text.length > limits.webhookUrlCharacters) {
    return `must have at most ${limits.webhookUrlCharacters} characters; it has ${text.length}.`;
  }
  if (!text.isWellFormed()) return 'must be well-formed text: it has half a surrogate pair in it.';
  if (UNPRINTABLE.test(text))
    return 'must be a URL without spaces and control characters: encode them as %20 and so on.';
  if (!WEB.test(text)) return "must begin with 'https://' and name a host, such as https://example.com/hooks.";
  if (!URL.canParse(text))
    return 'must be a complete URL, such as https://example.com/hooks: its host or port is none.';
  if (USER.test(text)) return 'must have no user name or password before its host: the signatures say who sends.';
  if (text.includes('#')) return "must have no fragment: leave out what begins with '#'.";
  return hostProblem(new URL(text), egress);
}

function hostProblem(url: URL, egress: Egress): string | null {
  const { secure, port, literal, local } = targetOf(url);
  if (literal !== null && egress.isAllowed(literal)) return null;
  if (literal !== null && !isPublic(literal)) {
    return `must lead to a public address: this one is not. ${operatorMayAllow('its network')}`;
  }
  if (local && !egress.anyLoopback) {
    return `must lead to a public address: this name stands for the server itself. ${operatorMayAllow('127.0.0.0/8')}`;
  }
  if (literal === null && egress.anyInside) return null;
  if (!secure) {
    return "must begin with 'https://': events are not sent in the clear, except into what WEBHOOK_ALLOW lists.";
  }
  return isUsualPort(port) ? null : `must use port 443 or 8443: ${port} is another one.`;
}

/** The way out for whoever runs the server on a network of their own. */
function operatorMayAllow(network: string): string {
  return `Whoever runs the server can allow ${network} with WEBHOOK_ALLOW.`;
}

function targetOf(url: URL) {
  return {
    secure: url.protocol === 'https:',
    port: url.port === '' ? (DEFAULT_PORTS[url.protocol] ?? 0) : Number(url.port),
    literal: parseAddress(hostOf(url)),
    local: LOCAL.test(url.hostname),
  };
}

/** Without the brackets around an IPv6 address. */
function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}
