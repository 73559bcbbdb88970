/**
 * Runs a task for each item, at most `width` at the same time; results stand in the order of the items. The first failure begins no other task,
 * and is told when those under way have ended.
 */
export async function mapBounded<Item, Result>(
  items: readonly Item[],
  width: number,
  task: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await task(items[index] as Item, index);
    }
  };
  const failures: unknown[] = [];
  const giveUp = (error: unknown): void => {
    next = items.length;
    failures.push(error);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, () => worker().catch(giveUp)));
  if (failures.length > 0) throw failures[0];
  return results;
}
