import type { Receipt } from '@turnlog/core/courier';
import { expect, test, vi } from 'vitest';
import { Attempt } from '../src/attempt.ts';

test('a request whose time was over before its connection stood is not sent any more', async () => {
  const receipt = await new Promise<Receipt & { readonly attempt: Attempt }>((resolve) => {
    const attempt = new Attempt({
      timeoutMs: 1,
      nowMs: () => 0,
      settle: (settled) => resolve({ ...settled, attempt }),
    });
  });
  expect(receipt).toMatchObject({ statusCode: null, error: 'Connection timeout', excerpt: null });
  const abort = vi.fn();
  receipt.attempt.onRequestStart({
    abort,
    aborted: false,
    paused: false,
    reason: null,
    pause: vi.fn(),
    resume: vi.fn(),
  });
  expect(abort).toHaveBeenCalledOnce();
});
