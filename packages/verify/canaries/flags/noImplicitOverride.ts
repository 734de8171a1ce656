// TS4114
class Base {
  name(): string {
    return '';
  }
}
export class Canary extends Base {
  name(): string {
    return 'canary';
  }
}
