// TS6133
const canary = 1;
export {};
