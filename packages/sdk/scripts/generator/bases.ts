/** A class of `src/core`, written by hand, that a generated resource extends instead of `Resource`. */
export interface Base {
  readonly name: string;
  readonly from: string;
  /** The operations it stands on. Without any of these, the resource is an ordinary one. */
  readonly needs: readonly string[];
}

/** What resources can do besides their operations. */
export const bases: Readonly<Record<string, Base>> = {
  sessions: {
    name: 'SessionWaiter',
    from: '../core/wait.ts',
    needs: ['sessions.retrieve', 'sessions.events.stream'],
  },
};
