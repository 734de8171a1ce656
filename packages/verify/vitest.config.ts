import { shared } from '../../vitest.shared.ts';

/** A check is a whole tool's run, beside another package's suite. */
export default { test: { ...shared.test, testTimeout: 60_000 } };
