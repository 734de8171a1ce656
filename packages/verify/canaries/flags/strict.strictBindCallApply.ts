// TS2345
const length = (value: string): number => value.length;
export const canary = length.call(undefined, 1);
