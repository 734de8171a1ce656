import { shared } from '../../vitest.shared.ts';

/** Generous: a test here waits for disks, processes and threads, and none may fail because a machine is slow. */
const WAIT_MS = 60_000;

/**
 * Each thread that loads TypeScript runs WebAssembly. Hundreds of threads in one process meet a fault of V8, which ends
 * the process when it replaces a wrapper ("Check failed: jit_page.has_value()"); without generic wrappers none is replaced.
 */
const V8_FLAGS = ['--no-wasm-generic-wrapper'];

export default { test: { ...shared.test, testTimeout: WAIT_MS, hookTimeout: WAIT_MS, execArgv: V8_FLAGS } };
