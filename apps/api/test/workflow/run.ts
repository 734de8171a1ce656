/** A session of the workflow dialect on a listening server, and the words of its seed to speak with it. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SessionId } from '@turnlog/core/ids';
import { uuidOfId } from '@turnlog/core/ids';
import { type Harness, type HarnessOptions, openHarness, type Reply } from '../harness.ts';

/** Where the seed's examples say that they call, of whom, and with what. */
export const SEED = {
  origin: 'http://localhost:8000',
  session: '123e4567-e89b-12d3-a456-426614174000',
  key: 'your-api-key-here',
} as const;

const FIXTURES = new URL('./seed-000/', import.meta.url);
const DOCUMENT = fileURLToPath(new URL('../../../../../shared/seeds/000_2006f9d026a5eadb.txt', import.meta.url));

export interface Item {
  readonly id: string;
  readonly session_id: string;
  readonly step_id: string | null;
  readonly event_type: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever was sent
  readonly event_data: any;
  readonly message: string | null;
  readonly timestamp: string;
}

export class Run {
  readonly h: Harness;
  readonly url: string;
  /** The session's UUID. */
  readonly id: string;

  static async open(options: HarnessOptions = {}): Promise<Run> {
    const h = await openHarness(options);
    const { url } = await h.listen();
    const { json } = await h.ask('POST', '/api/v2/sessions', { body: { name: 'Generate tests' } });
    return new Run(h, url, json.id);
  }

  constructor(h: Harness, url: string, id: string) {
    this.h = h;
    this.url = url;
    this.id = id;
  }

  get key(): string {
    return this.h.org.token;
  }

  get path(): string {
    return `/api/v2/sessions/${this.id}/events`;
  }

  /** Appends events one by one. */
  async append(...events: readonly object[]): Promise<readonly Item[]> {
    const items: Item[] = [];
    for (const body of events) {
      const reply = await this.h.ask('POST', this.path, { body });
      if (reply.status !== 201) throw new Error(`${reply.status} ${reply.text}`);
      items.push(reply.json);
    }
    return items;
  }

  /** A page, asked for with X-API-Key as the seed's clients do. */
  list(query = ''): Promise<Reply> {
    return this.h.ask('GET', `${this.path}${query}`, { token: null, headers: { 'x-api-key': this.key } });
  }

  /** The seed's code as its reader would fill it in. */
  filledIn(code: string): string {
    return code
      .replaceAll(SEED.origin, this.url)
      .replaceAll(SEED.session, this.id)
      .replaceAll('{session_id}', this.id)
      .replaceAll(SEED.key, this.key)
      .replaceAll('test-key', this.key);
  }
}

export const uuid = (id: string) => uuidOfId(id as SessionId);

export function fixture(name: string): string {
  return readFileSync(new URL(name, FIXTURES), 'utf8');
}

/** The whole seed; null where it does not lie beside this clone. */
export function seedDocument(): string | null {
  return existsSync(DOCUMENT) ? readFileSync(DOCUMENT, 'utf8') : null;
}

export const WORKFLOW_COMPLETED = {
  event_type: 'workflow_completed',
  event_data: { workflow_type: 'test_generation', duration_seconds: 45.67, tests_generated: 12 },
  message: 'Test generation completed. Generated 12 tests.',
} as const;

export const STATUS_CHANGED = {
  event_type: 'status_changed',
  event_data: { old_status: 'running', new_status: 'completed' },
} as const;

export const WORKFLOW_ERROR = {
  event_type: 'workflow_error',
  event_data: {
    error: 'LLM API rate limit exceeded',
    error_type: 'LLMRateLimitError',
    recoverable: true,
    retry_after: 60,
  },
  message: 'LLM API rate limit exceeded. Retrying in 60 seconds.',
} as const;

/** A step's event that says its number. */
export const step = (n: number) => ({
  event_type: 'step_status_changed',
  event_data: { step_code: `step-${n}`, old_status: 'pending', new_status: 'running' },
  message: `Step ${n}`,
});
