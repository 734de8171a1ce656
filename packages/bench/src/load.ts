/** A bounded load: `requests` GETs over `connections` keep-alive connections. */
import { Agent, get } from 'node:http';

export interface Load {
  readonly requests: number;
  readonly connections: number;
  readonly headers: Readonly<Record<string, string>>;
}

export async function run(url: string, { requests, connections, headers }: Load): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let left = requests;
  const worker = async () => {
    while (left-- > 0) await once(url, headers, agent);
  };
  await Promise.all(Array.from({ length: connections }, worker));
  agent.destroy();
}

function once(url: string, headers: Readonly<Record<string, string>>, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`The server answered ${response.statusCode}.`));
      response.on('data', () => {});
      response.on('end', resolve);
    });
    request.on('error', reject);
  });
}
