// TS2564
export class Canary {
  name: string;
}
