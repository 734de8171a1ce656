// TS7029
export function canary(count: number): string {
  let song = '';
  switch (count) {
    case 1:
      song += 'tweet';
    default:
      return song;
  }
}
