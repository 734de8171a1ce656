export declare const enum AmbientSong {
  Tweet = 'tweet',
}
