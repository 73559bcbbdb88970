/** The line that tells CI the outcome. */
import { expect, test } from 'vitest';
import { formatCounts } from '../../scripts/count-reporter.ts';

test('the outcome is one line of fixed form', () => {
  expect(formatCounts({ passed: 12, failed: 0, skipped: 3 })).toBe('12 passed, 0 failed, 3 skipped');
});
