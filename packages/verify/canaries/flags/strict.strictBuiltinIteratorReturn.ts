// TS2322
export const canary: number = new Set([1]).values().next().value;
