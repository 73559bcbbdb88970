/** Does it at once, and then not again for a while, but once more for the last: what a person reads need not change with every frame. */
export function paced(act: () => void, pauseMs: number): () => void {
  let isResting = false;
  let isDue = false;
  const run = (): void => {
    isDue = isResting;
    if (isResting) return;
    isResting = true;
    setTimeout(() => {
      isResting = false;
      if (isDue) run();
    }, pauseMs);
    act();
  };
  return run;
}
