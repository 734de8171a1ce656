/** Names of hosts, and all the addresses behind them. */
import { Resolver, lookup as systemLookup, TIMEOUT } from 'node:dns/promises';

/** Every address of a name; none: nobody knows it. */
export type Lookup = (name: string) => Promise<readonly string[]>;

const LOCAL = /^[^.]+\.?$|\.localhost\.?$/;
/** For each of the servers that are asked, so that an answer or none is there before a delivery's time is over. */
const PATIENCE = { timeout: 2_000, tries: 2 };

/**
 * Asks DNS itself: the system's own look-ups take a thread each, of few, and names whose servers never answer would hold
 * up all others. `inside`: names that DNS does not know are looked up by the system, which also knows those of this
 * machine and of its network.
 */
export function createLookup(inside: boolean, resolver = new Resolver(PATIENCE)): Lookup {
  return async (name) => {
    const found = inside && LOCAL.test(name) ? [] : await inDns(resolver, name);
    if (found === 'no answer') return [];
    return found.length > 0 || !inside ? found : bySystem(name);
  };
}

async function inDns(resolver: Resolver, name: string): Promise<readonly string[] | 'no answer'> {
  const asked = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const found = asked.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const silent = asked.some((answer) => answer.status === 'rejected' && answer.reason.code === TIMEOUT);
  return found.length === 0 && silent ? 'no answer' : found;
}

async function bySystem(name: string): Promise<readonly string[]> {
  const found = await systemLookup(name, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}
