/** A store for a group of tests, each of which owns an org of its own. */
import type { Directory } from '@turnlog/core/directory';
import type { OrgId } from '@turnlog/core/ids';
import type { Store } from '@turnlog/core/store';
import type { Wakeups } from '@turnlog/core/wakeups';
import { afterAll, beforeAll } from 'vitest';
import type { OpenStore, StoreHarness } from '../harness.ts';

/** A clock that moves only when it is told to. */
export class TestClock {
  /** 2026-01-31T09:30:00Z, in the middle of nothing special. */
  us = 1_769_851_800_000_000;
  readonly now = (): number => this.us;

  advanceSeconds(seconds: number): void {
    this.us += seconds * 1_000_000;
  }
}

export interface Sandbox {
  readonly clock: TestClock;
  readonly store: Store;
  readonly directory: Directory;
  readonly wakeups: Wakeups;
  /** The store as it is open now; another one after a `reopen`. */
  readonly open: OpenStore;
  newOrg(): Promise<OrgId>;
  reopen(): Promise<void>;
}

/** Opens a store before the tests of the surrounding `describe` and disposes of it after them. */
export function useStore(harness: StoreHarness): Sandbox {
  const sandbox = new OpenSandbox();
  beforeAll(() => sandbox.start(harness));
  afterAll(() => sandbox.end());
  return sandbox;
}

/** Runs a test on a store of its own. */
export async function withStore<Value>(
  harness: StoreHarness,
  test: (sandbox: Sandbox) => Promise<Value>,
): Promise<Value> {
  const sandbox = new OpenSandbox();
  await sandbox.start(harness);
  try {
    return await test(sandbox);
  } finally {
    await sandbox.end();
  }
}

class OpenSandbox implements Sandbox {
  readonly clock = new TestClock();
  private current: OpenStore | undefined;
  private orgs = 0;

  async start(harness: StoreHarness): Promise<void> {
    this.current = await harness.open({ nowUs: this.clock.now });
  }

  async end(): Promise<void> {
    await this.current?.dispose();
  }

  get open(): OpenStore {
    if (this.current === undefined) throw new Error('The store is not open: tests run after beforeAll.');
    return this.current;
  }

  get store(): Store {
    return this.open.store;
  }

  get directory(): Directory {
    return this.open.directory;
  }

  get wakeups(): Wakeups {
    return this.open.wakeups;
  }

  async newOrg(): Promise<OrgId> {
    this.orgs++;
    return (await this.open.createOrg(`org ${this.orgs}`)).org;
  }

  async reopen(): Promise<void> {
    this.current = await this.open.reopen();
  }
}
