/** Whether a mutant was noticed, and in the right way: by what its test asserts, not because the mutant does not even run. */
import type { Mutant } from '../../test/mutants/mutant.ts';
import type { TestOutcome, TestRun } from './test-run.ts';

export type Judgement =
  /** `by`: the name of the error that failed the test. */
  { readonly caught: true; readonly by: string } | { readonly caught: false; readonly why: string };

/** What broken code throws, whatever it was to defend; and the test's own mutations that no longer fit. */
const NO_PROOF: ReadonlySet<string> = new Set(['TypeError', 'ReferenceError', 'SyntaxError', 'StaleMutation']);

/** Proves something only of a test that is said to hang: on a busy machine any test may be late. */
const TIMEOUT = 'TestTimeoutError';

/** `run`: of the mutant's test, and others of its file. */
export function judge({ test }: Mutant, { tests, broken }: TestRun): Judgement {
  const failed = tests.filter(({ state }) => state === 'failed');
  const proof = failed.flatMap(({ errors }) => errors).find(({ name }) => !NO_PROOF.has(name) && (name !== TIMEOUT || test.hangs));
  if (proof !== undefined) return { caught: true, by: proof.name };
  const [error] = failed.flatMap(({ errors }) => errors);
  if (error !== undefined) return { caught: false, why: `the test failed, but by ${error.name}: ${error.message}` };
  if (broken[0] !== undefined) return { caught: false, why: `the mutant does not run: ${broken[0]}` };
  if (!tests.some((each) => isMeant(each, test))) return { caught: false, why: 'no test of that name ran' };
  return { caught: false, why: 'survived: its test passed' };
}

/** What is wrong with the mutant's test where nothing is broken; null when it passes. Without that, its failure says nothing. */
export function faultOfTest({ test }: Mutant, { tests }: TestRun): string | null {
  const meant = tests.filter((each) => isMeant(each, test));
  if (meant.length === 0) return 'there is no test of that name';
  const bad = meant.find(({ state }) => state !== 'passed');
  return bad === undefined ? null : `'${bad.name}' ${bad.state}: ${bad.errors[0]?.message ?? 'no reason told'}`;
}

function isMeant(outcome: TestOutcome, { name }: Mutant['test']): boolean {
  return outcome.name.includes(name) && outcome.state !== 'skipped';
}
