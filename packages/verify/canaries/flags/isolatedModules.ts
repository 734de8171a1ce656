// TS2748, also with verbatimModuleSyntax
import { AmbientSong } from '../ambient.js';
export const canary = AmbientSong.Tweet;
