/** The order of the test files. */
import { expect, test } from 'vitest';
import { rankOf } from '../../scripts/longest-first.ts';

test('what plays many seeds comes first, then what starts clusters of real nodes, then the rest', () => {
  const paths = ['test/sim/links.test.ts', 'test/faults/row-27-soak.test.ts', 'test/sim/scenarios.test.ts', 'test/e2e/demo.test.ts'];
  expect(paths.toSorted((a, b) => rankOf(a) - rankOf(b))).toEqual([paths[2], paths[3], paths[1], paths[0]]);
});
