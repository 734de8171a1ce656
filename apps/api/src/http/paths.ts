/** Path templates such as `/sessions/{session_id}/events`, and the ids in the paths that match them. */

export class PathTemplate {
  /** The template in Hono's notation. */
  readonly hono: string;
  readonly #pattern: RegExp;
  /** Where ids stand, counted in segments from the end: the same below every prefix. */
  readonly #idsFromEnd: readonly number[];

  constructor(template: string) {
    const segments = template.split('/');
    this.hono = segments.map((segment) => segment.replace(/^\{(.+)\}$/, ':$1')).join('/');
    this.#pattern = new RegExp(`^${segments.map((segment) => (isId(segment) ? '[^/]+' : segment)).join('/')}$`);
    this.#idsFromEnd = segments.flatMap((segment, index) => (isId(segment) ? [segments.length - index] : []));
  }

  matches(path: string): boolean {
    return this.#pattern.test(path);
  }

  /** The decoded ids of a path as sent; null when one is not percent-encoded UTF-8. `%2F` stays inside its id. */
  idsOf(path: string): readonly string[] | null {
    if (this.#idsFromEnd.length === 0) return [];
    const segments = path.split('/');
    const ids = this.#idsFromEnd.map((fromEnd) => segments.at(-fromEnd) ?? '');
    if (!path.includes('%')) return ids;
    try {
      return ids.map(decodeURIComponent);
    } catch {
      return null;
    }
  }
}

function isId(segment: string): boolean {
  return segment.startsWith('{');
}

/** A random UUID: whoever knows one is let into its session. */
const CAPABILITY = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/i;

/** A path as logs may show it: without the segments that have a capability in them, however it is encoded there. */
export function withoutCapabilities(path: string): string {
  const segments = path.split('/');
  return segments.map((segment) => (CAPABILITY.test(decoded(segment)) ? '[redacted]' : segment)).join('/');
}

/** A segment that cannot be decoded names nothing. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
