/** A vitest reporter whose last line says the outcome in one fixed form: `N passed, N failed, N skipped`. */
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const counts = countTests(modules);
    counts.failed += unhandled.length;
    process.stdout.write(`\n${formatCounts(counts)}\n`);
  }
}

/** A file or suite that failed outside its tests (it could not be loaded, a hook threw) counts as one failure more. */
function countTests(modules: readonly TestModule[]): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const module of modules) {
    counts.failed += module.errors().length > 0 ? 1 : 0;
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length > 0 ? 1 : 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      // A test that never ran (the run was ended before) is reported as pending: that is no success.
      counts[state === 'pending' ? 'failed' : state] += 1;
    }
  }
  return counts;
}

export function formatCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
