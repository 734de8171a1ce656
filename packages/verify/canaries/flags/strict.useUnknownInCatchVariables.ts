// TS18046
export function canary(work: () => void): string {
  try {
    work();
    return '';
  } catch (error) {
    return error.message;
  }
}
