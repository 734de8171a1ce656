// TS2375
export const canary: { name?: string } = { name: undefined };
