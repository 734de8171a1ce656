// TS2322
export const canary: string = null;
