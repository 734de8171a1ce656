// TS2322
export const canary = (names: readonly string[]): string => names[0];
