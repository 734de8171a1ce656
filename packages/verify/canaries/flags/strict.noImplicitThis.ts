// TS2683
export function canary(): unknown {
  return this.name;
}
