import { expect } from 'vitest';
import { type ErrorCode, TurnlogError } from '../../src/errors.ts';

/** The refusal with which an action ends; fails when it ends otherwise. */
export function refusalOf(action: () => unknown): TurnlogError {
  try {
    action();
  } catch (error) {
    if (error instanceof TurnlogError) return error;
    throw error;
  }
  throw new Error('The action was not refused.');
}

/** Expects a refusal with exactly this code and parameter, and a sentence. */
export function expectRefusal(action: () => unknown, code: ErrorCode, param?: string): void {
  const refusal = refusalOf(action);
  expect({ code: refusal.code, param: refusal.param }).toEqual({ code, param });
  expect(refusal.message).toMatch(/^\S.*\S\.$/s);
}

export function isRefused(action: () => unknown): boolean {
  try {
    action();
    return false;
  } catch (error) {
    if (error instanceof TurnlogError) return true;
    throw error;
  }
}
