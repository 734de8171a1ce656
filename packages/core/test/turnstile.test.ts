import { describe, expect, test } from 'vitest';
import { Turnstile } from '../src/tails/turnstile.ts';

/** A turnstile whose turns come when the test says so. */
function stage(perTurn: number) {
  const turns: (() => void)[] = [];
  const turnstile = new Turnstile(perTurn, () => new Promise((resolve) => turns.push(resolve)));
  const passed: number[] = [];
  const arrive = (n: number) => void turnstile.pass().then(() => passed.push(n));
  const rest = () => new Promise((resolve) => setImmediate(resolve));
  const turn = async () => {
    turns.shift()?.();
    await rest();
  };
  return { arrive, rest, turn, passed, turns };
}

describe('a turnstile', () => {
  test('lets as many through in a turn as it may, first come first served', async () => {
    const { arrive, rest, turn, passed } = stage(3);
    for (let n = 0; n < 8; n++) arrive(n);
    await rest();
    expect(passed).toEqual([0, 1, 2]);
    await turn();
    expect(passed).toEqual([0, 1, 2, 3, 4, 5]);
    arrive(8);
    await turn();
    expect(passed).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('keeps nobody waiting when it is quiet, and asks for no more turns then', async () => {
    const { arrive, rest, turn, passed, turns } = stage(2);
    arrive(0);
    await rest();
    expect(passed).toEqual([0]);
    await turn();
    expect(turns).toEqual([]);
    arrive(1);
    await rest();
    expect(passed).toEqual([0, 1]);
  });

  test('lets nobody pass those who wait', async () => {
    const { arrive, rest, turn, passed } = stage(1);
    for (let n = 0; n < 3; n++) arrive(n);
    await rest();
    await turn();
    arrive(3);
    await rest();
    expect(passed).toEqual([0, 1]);
    await turn();
    await turn();
    expect(passed).toEqual([0, 1, 2, 3]);
  });
});
