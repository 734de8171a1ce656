// TS7027
export function canary(): string {
  return 'tweet';
  return 'never';
}
