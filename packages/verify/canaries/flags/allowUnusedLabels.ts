// TS7028
canary: for (const song of ['tweet']) song.trim();
export {};
