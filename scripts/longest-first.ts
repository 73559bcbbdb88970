/**
 * The order of the test files: the long ones first, so that at the end no core idles while another one plays the last of them.
 * vitest orders by what it measured; in a fresh checkout that is nothing, and it takes the largest files first, whatever they do.
 */
import { relative } from 'node:path';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/** What plays many seeds on one core, then what starts clusters of real nodes; within each, and of the rest, the order is vitest's. */
const LONG = ['test/sim/scenarios.test.ts', 'test/e2e/', 'test/faults/'];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rankOf(this.#pathOf(a)) - rankOf(this.#pathOf(b)));
  }

  #pathOf({ moduleId }: TestSpecification): string {
    return relative(this.ctx.config.root, moduleId).replaceAll('\\', '/');
  }
}

/** The lower, the earlier. */
export function rankOf(path: string): number {
  const rank = LONG.findIndex((start) => path.startsWith(start));
  return rank === -1 ? LONG.length : rank;
}
