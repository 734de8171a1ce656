// TS1484
import { Song } from '../song.ts';
export const canary: Song = 'tweet';
