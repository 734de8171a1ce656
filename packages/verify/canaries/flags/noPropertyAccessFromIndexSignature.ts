// TS4111
export const canary = (songs: Record<string, string>): string | undefined => songs.canary;
