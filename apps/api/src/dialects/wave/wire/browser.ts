/** What a user agent says of the browser that it belongs to. */
import Bowser from 'bowser';

export interface Browser {
  readonly name: string;
  readonly version: string;
}

const UNKNOWN = { name: 'Other', version: '0' } as const satisfies Browser;

/** The browser's name and version; `Other` and `0` where nothing is known. */
export function browserOf(userAgent: string): Browser {
  if (userAgent === '') return UNKNOWN;
  const { name, version } = Bowser.parse(userAgent).browser;
  return { name: name || UNKNOWN.name, version: version || UNKNOWN.version };
}
