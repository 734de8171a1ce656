/** A scheduler of our own: whatever could happen next waits here as a step, and somebody chooses which one does. */
import type { Dice } from './dice.ts';

const STEP_KINDS = ['commit', 'wake-up', 'snapshot', 'answer', 'reader', 'turn'] as const;
export type StepKind = (typeof STEP_KINDS)[number];

interface Step {
  readonly kind: StepKind;
  readonly run: () => void;
}

/** More steps than any world needs that comes to rest. */
const STEPS_MAX = 5_000;

export class Steps {
  readonly #waiting: Step[] = [];

  add(kind: StepKind, run: () => void): void {
    this.#waiting.push({ kind, run });
  }

  /** Takes the oldest waiting step of a kind, or the oldest of all; false: there is none. */
  async take(kind?: StepKind): Promise<boolean> {
    await rest();
    return this.#takeAt(this.#waiting.findIndex((step) => kind === undefined || step.kind === kind));
  }

  /** Takes the youngest waiting step of a kind. */
  async takeYoungest(kind: StepKind): Promise<boolean> {
    return this.#takeAt(this.#waiting.findLastIndex((step) => step.kind === kind));
  }

  async #takeAt(at: number): Promise<boolean> {
    if (at < 0) return false;
    await this.#run(at);
    return true;
  }

  /** Takes steps, oldest first, until none waits. */
  async settle(): Promise<void> {
    await rest();
    for (let taken = 0; await this.take(); taken++) checkRest(taken);
  }

  /** Takes steps in a random order until none waits; in one run some kinds are much slower than others. */
  async shuffle(dice: Dice): Promise<void> {
    const weights = new Map(STEP_KINDS.map((kind) => [kind, dice.pick(kind === 'commit' ? [1, 1, 6] : [1, 6, 36])]));
    const weightOf = ({ kind }: Step) => weights.get(kind) ?? 1;
    await rest();
    for (let taken = 0; this.#waiting.length > 0; taken++) {
      checkRest(taken);
      let left = dice.below(this.#waiting.reduce((sum, step) => sum + weightOf(step), 0));
      const at = this.#waiting.findIndex((step) => {
        left -= weightOf(step);
        return left < 0;
      });
      await this.#run(at);
    }
  }

  /** Runs one step, and all that follows from it at once. */
  async #run(at: number): Promise<void> {
    const [step] = this.#waiting.splice(at, 1);
    step?.run();
    await rest();
  }
}

/** Lets everything happen that waits for no step. */
function rest(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function checkRest(taken: number): void {
  if (taken > STEPS_MAX) throw new Error(`It has not come to rest after ${STEPS_MAX} steps.`);
}
