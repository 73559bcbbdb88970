/** What must be done when a test ends, also when it runs out of time. A script that uses the tests' helpers ends its process instead. */
import { onTestFinished, TestRunner } from 'vitest';

export function atTestEnd(tidy: () => Promise<void>): void {
  if (TestRunner.getCurrentTest() !== undefined) onTestFinished(tidy);
}
