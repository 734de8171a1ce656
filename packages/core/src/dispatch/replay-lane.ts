import type { SessionId } from '../ids.ts';
import type { Lane } from '../webhook-store.ts';
import type { LaneContext, LaneEnd, RunningLane } from './context.ts';

/** The lane of a replay. */
export class ReplayLane implements RunningLane {
  readonly #onEnd: (end: LaneEnd) => void;

  constructor(_context: LaneContext, _lane: Lane & { readonly kind: 'replay' }, onEnd: (end: LaneEnd) => void) {
    this.#onEnd = onEnd;
  }

  async open(): Promise<void> {}

  close(): void {
    this.#onEnd('over');
  }

  renewed(_changed: boolean): void {}

  sessionsDeleted(_sessions: ReadonlySet<SessionId>): void {}
}
