/** JSON texts as producers might send them, by a dice: odd numbers, escapes, keys, and white space anywhere. */
import type { Dice } from '../support/dice.ts';

const NUMBERS = ['0', '-0', '1', '1.0', '-1.50', '9007199254740993', '1e5', '1E-7', '2.5e+300', '1e-400'];
const STRINGS = [
  ...['""', '"a"', '"Step 1"', '" "', '"caf\\u00e9"', '"café"', '"\\ud83d\\ude00"', '"😀"', '"\\ud800"', '"\\udc00x"'],
  ...['"\\u0000"', '"\\n\\t\\"\\\\\\/"', '"/"', '"\\u007f"', '"{\\"a\\":1}"', '"null"', '"__proto__"', '"\\u2028"'],
];
const KEYS = [
  '"a"',
  '"b c"',
  '""',
  '"__proto__"',
  '"constructor"',
  '"1"',
  '"0"',
  '"\\u0061\\u0062"',
  '"é"',
  '"\\ud800"',
];
const SPACES = ['', '', '', ' ', '\n', '\t ', ' \r\n'];
const DEEPEST = 4;

export function pick<Value>(dice: Dice, values: readonly Value[]): Value {
  return values[dice.below(values.length)] as Value;
}

function space(dice: Dice): string {
  return pick(dice, SPACES);
}

export function oddString(dice: Dice): string {
  return pick(dice, STRINGS);
}

/** Any value. */
export function oddValue(dice: Dice, depth = 0): string {
  const kind = dice.below(depth < DEEPEST ? 7 : 4);
  if (kind === 0) return pick(dice, ['null', 'true', 'false']);
  if (kind === 1) return pick(dice, NUMBERS);
  if (kind <= 3) return oddString(dice);
  return kind <= 5 ? oddObject(dice, depth) : oddArray(dice, depth);
}

/** An object without the same key twice. */
export function oddObject(dice: Dice, depth = 0): string {
  const keys = shuffled(dice, KEYS).slice(0, dice.below(4));
  return objectOf(
    dice,
    keys.map((key) => [key, oddValue(dice, depth + 1)]),
  );
}

export function oddArray(dice: Dice, depth = 0): string {
  const items = Array.from({ length: dice.below(4) }, () => `${space(dice)}${oddValue(dice, depth + 1)}${space(dice)}`);
  return `[${items.join(',')}${items.length === 0 ? space(dice) : ''}]`;
}

/** An object of these members, keys and values as JSON texts. */
export function objectOf(dice: Dice, members: readonly (readonly [key: string, value: string])[]): string {
  const texts = members.map(
    ([key, value]) => `${space(dice)}${key}${space(dice)}:${space(dice)}${value}${space(dice)}`,
  );
  return `{${texts.join(',')}}`;
}

export function shuffled<Value>(dice: Dice, values: readonly Value[]): Value[] {
  const left = [...values];
  return values.map(() => left.splice(dice.below(left.length), 1)[0] as Value);
}
