// TS7006
export const canary = (value) => String(value);
