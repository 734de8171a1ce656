// TS2322
export const canary: (value: string | number) => void = (value: string) => void value;
