import { shared } from '../../vitest.shared.ts';

/** Generous: a test here waits for disks, processes and threads, and none may fail because a machine is slow. */
const WAIT_MS = 60_000;

export default {
  test: { ...shared.test, testTimeout: WAIT_MS, hookTimeout: WAIT_MS, execArgv: ['--no-wasm-generic-wrapper'] },
};
