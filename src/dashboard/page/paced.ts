/** Does it at once, and then not again for a while, but once more for the last: what a person reads need not change with every frame. */
export function paced(act: () => void, pauseMs: number): () => void {
  let isPaused = false;
  let isDue = false;
  const run = (): void => {
    isDue = isPaused;
    if (isPaused) return;
    isPaused = true;
    setTimeout(() => {
      isPaused = false;
      if (isDue) run();
    }, pauseMs);
    act();
  };
  return run;
}
