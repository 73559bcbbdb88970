/** An operator who tries again until it is done. */
import type { SimNode } from '../node/node.ts';

/** How long an operator waits before trying again, when the node was down or the number taken. */
const TRY_AGAIN_MS = 500;

/** Also after an answer, for the number may have been taken, and a node that crashed meanwhile never answers. What `attempt` hands on is done once. */
export function insist(
  world: { readonly after: (delayMs: number, run: () => void) => void },
  at: SimNode,
  attempt: (done: (then: () => void) => void) => void,
): void {
  let isDone = false;
  const again = (): void => {
    if (isDone) return;
    world.after(TRY_AGAIN_MS, again);
    if (!at.up || at.frozen) return;
    attempt((then) => {
      if (!isDone) then();
      isDone = true;
    });
  };
  again();
}
