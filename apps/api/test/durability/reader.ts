/** What all readers have in common: a position of their own, what they were shown, and a loop that survives its server. */
import type { Bell } from './bell.ts';
import type { CrashingServer } from './crashing-server.ts';
import type { Shown } from './pages.ts';
import type { Random } from './random.ts';

export type ReaderKind = 'tail' | 'poller' | 'pager' | 'backward pager' | `feed ${'tail' | 'pager' | 'backward pager'}`;

/** An event, and how many crashes there had been when the server started that showed it. */
export interface Seen extends Shown {
  readonly crashes: number;
}

export interface ReaderOptions {
  readonly kind: ReaderKind;
  readonly name: string;
  /** The list that it reads; its stream is below it. */
  readonly path: string;
  readonly server: CrashingServer;
  readonly random: Random;
  /** Rung whenever there may be more to read. */
  readonly bell: Bell;
}

export abstract class Reader {
  readonly kind: ReaderKind;
  readonly name: string;
  /** All that it was shown, in the order of the log; what was judged is taken out. */
  seen: Seen[] = [];
  /** Why it reads no more though nobody has stopped it. */
  problem: string | null = null;
  protected readonly path: string;
  protected readonly server: CrashingServer;
  protected readonly random: Random;
  protected readonly bell: Bell;
  /** The last event that it was shown. */
  protected lastId: string | null = null;
  /** Whether it lets go at random. */
  protected restless = true;
  protected stopped = false;
  #loop: Promise<void> = Promise.resolve();
  #look: () => void = () => {};

  constructor({ kind, name, path, server, random, bell }: ReaderOptions) {
    this.kind = kind;
    this.name = `${name} (${kind})`;
    this.path = path;
    this.server = server;
    this.random = random;
    this.bell = bell;
  }

  /** Behind which event it reads; null: none. */
  get position(): string | null {
    return this.lastId;
  }

  /** Where it has begun: what stands before was never due to it; null: at the start. */
  get begin(): string | null {
    return null;
  }

  start(): void {
    this.#loop = this.run().catch((error: Error) => {
      this.problem = error.message;
      this.#look();
    });
  }

  /** Lets go no more; what it holds, it keeps holding: whatever it misses from now on, the server has not told it. */
  calm(): void {
    this.restless = false;
  }

  disturb(): void {
    this.restless = true;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.letGo();
    this.bell.ring();
    await this.#loop;
  }

  /** Resolves when it was shown `id` or has a problem, or when the deadline has come. */
  async reached(id: string, deadlineMs: number): Promise<void> {
    while (!this.#isOver(id) && performance.now() < deadlineMs) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadlineMs - performance.now());
        this.#look = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  protected abstract run(): Promise<void>;

  /** Ends what it holds open. */
  protected abstract letGo(): void;

  protected show(events: readonly Seen[]): void {
    const last = events.at(-1);
    if (last === undefined) return;
    for (const event of events) this.seen.push(event);
    this.lastId = last.id;
    this.#look();
  }

  #isOver(id: string): boolean {
    return this.problem !== null || (this.lastId !== null && this.lastId >= id);
  }
}
