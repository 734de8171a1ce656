/** Turns of the event loop between the slices of long reads: one of them goes on in each, however many there are. */
const waiting: (() => void)[] = [];

/** Resolves in a turn that no other slice is read in; who has waited longest is first. */
export function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(next);
  });
}

function next(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(next);
}
