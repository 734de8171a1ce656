// TS6133
export const song = (canary: string): string => 'tweet';
