/**
 * The settings of every suite. Each package's own `vitest.config.ts` re-exports them, and each run leaves a
 * `test-report.json` beside it, from which the last line of `npm test` is summed up.
 */
export const shared = {
  test: {
    include: ['{src,test}/**/*.test.ts'],
    passWithNoTests: false,
    allowOnly: false,
    /** Generous: tests wait for disks, processes and threads, and none may fail because a machine is slow. */
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', 'json'],
    outputFile: { json: 'test-report.json' },
    /** Threads strip types with WebAssembly, and V8 may abort when it frees a wrapper it has optimised: it optimises none. */
    execArgv: ['--wasm-wrapper-tiering-budget=2000000000'],
  },
};
