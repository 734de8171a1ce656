/** Answers as they are kept for review: one member a line, every token as it was sent, ids and times by their order. */

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const OPENING = new Set(['{', '[']);
const CLOSING = new Set(['}', ']']);

/** JSON text with line breaks and indentation; no token is changed, so `1.0` and `"\u0041"` stay what they are. */
export function spread(json: string): string {
  const tokens = json.match(TOKEN) ?? [];
  let depth = 0;
  let text = '';
  const line = () => `\n${'  '.repeat(depth)}`;
  for (const [index, token] of tokens.entries()) {
    const empty = OPENING.has(token) && CLOSING.has(tokens[index + 1] ?? '');
    const emptied = CLOSING.has(token) && OPENING.has(tokens[index - 1] ?? '');
    if (CLOSING.has(token) && !emptied) {
      depth--;
      text += line();
    }
    text += token === ':' ? ': ' : token;
    if (OPENING.has(token) && !empty) {
      depth++;
      text += line();
    }
    if (token === ',') text += line();
  }
  return text;
}

const ID = /\b(sess|evt|turn|req|org|tok)_[0-7][0-9A-HJKMNP-TV-Z]{25}\b/g;
const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z/g;
const DURATION = /"duration_ms": ?\d+/g;

/**
 * Texts in which what differs from run to run is replaced by its kind and a number, the same in all texts. Times of
 * `kept` are left alone: somebody sent them.
 */
export function stable(texts: Readonly<Record<string, string>>, kept: readonly string[]): Record<string, string> {
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  const name = (kind: string, value: string): string => {
    const known = names.get(value);
    if (known !== undefined) return known;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    names.set(value, `<${kind} ${count}>`);
    return `<${kind} ${count}>`;
  };
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [
      key,
      text
        .replace(DURATION, '"duration_ms": 0')
        .replace(ID, (id) => name(id.split('_', 1)[0] as string, id))
        .replace(UUID, (uuid) => name('uuid', uuid))
        .replace(TIME, (time) => (kept.includes(time) ? time : name('time', time))),
    ]),
  );
}
