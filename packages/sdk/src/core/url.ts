import { TurnlogError } from './errors.ts';

/** Every segment is encoded; one that would lead elsewhere, or is no text, is refused before anything is sent. */
export function pathOf(segments: readonly string[]): string {
  return segments
    .map((segment) => {
      if (typeof segment !== 'string' || /^\.{0,2}$/.test(segment)) {
        const shown = typeof segment === 'string' ? JSON.stringify(segment) : String(segment);
        throw new TurnlogError(`An id must be a string, and neither empty nor "." nor "..": got ${shown}.`);
      }
      return `/${encodeURIComponent(segment)}`;
    })
    .join('');
}

/**
 * Lists are sent as `a,b`, objects as `name[key]=value`, dates in RFC 3339. What is undefined or null is left out, and so
 * is an empty list: written down, it would be a list with one empty element.
 */
export function queryOf(query: object | undefined): string {
  const search = new URLSearchParams();
  const add = (name: string, value: unknown): void => {
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return;
    if (value instanceof Date) search.append(name, value.toISOString());
    else if (Array.isArray(value)) search.append(name, value.join(','));
    else if (typeof value === 'object') for (const [key, inner] of Object.entries(value)) add(`${name}[${key}]`, inner);
    else search.append(name, String(value));
  };
  for (const [name, value] of Object.entries(query ?? {})) add(name, value);
  const text = search.toString();
  return text && `?${text}`;
}
