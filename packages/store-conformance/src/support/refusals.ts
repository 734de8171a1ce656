/** Refusals: a write that must not succeed, and how it says so. */
import { type ErrorCode, TurnlogError } from '@turnlog/core/errors';

/** The refusal that a promise ends with; fails when it ends otherwise. */
export async function refusal(promise: Promise<unknown>): Promise<TurnlogError> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    if (error instanceof TurnlogError) return error;
    throw new Error('Expected a TurnlogError; the store rejected with something else.', { cause: error });
  }
  throw new Error(`Expected a refusal; the store answered ${JSON.stringify(value)}.`);
}

export async function refusalCode(promise: Promise<unknown>): Promise<ErrorCode> {
  return (await refusal(promise)).code;
}

/** How commands that raced each other ended. */
export async function settle<Value>(
  promises: readonly Promise<Value>[],
): Promise<{ readonly values: readonly Value[]; readonly refusals: readonly TurnlogError[] }> {
  const values: Value[] = [];
  const refusals: TurnlogError[] = [];
  for (const result of await Promise.allSettled(promises)) {
    if (result.status === 'fulfilled') values.push(result.value);
    else if (result.reason instanceof TurnlogError) refusals.push(result.reason);
    else throw result.reason;
  }
  return { values, refusals };
}
