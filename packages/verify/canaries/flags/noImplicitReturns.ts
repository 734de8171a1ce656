// TS7030
export function canary(loud: boolean) {
  if (loud) return 'tweet';
}
