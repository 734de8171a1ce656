export type Song = 'tweet';
