/** Pages of every origin may call, and read what they are told, refusals too. */
export const ORIGINS = ['*'] as const;
