// TS1294
export enum Canary {
  Tweet = 'tweet',
}
