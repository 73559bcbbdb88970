/** When a mutant counts as noticed: by an assertion of its own test, and by nothing else. */
import { expect, test } from 'vitest';
import { faultOfTest, judge } from '../../scripts/mutants/judge.ts';
import type { TestOutcome, TestRun } from '../../scripts/mutants/test-run.ts';
import type { Mutant } from './mutant.ts';

const mutant: Mutant = { name: 'a lock is not taken', breaks: 'law 5', edits: [], test: { name: 'refused' } };
const hanging: Mutant = { ...mutant, test: { ...mutant.test, hangs: true } };

function outcome(state: TestOutcome['state'], error?: string, name = 'the lock > a second taker is refused'): TestOutcome {
  return { file: 'test/lock.test.ts', name, state, errors: error === undefined ? [] : [{ name: error, message: 'why' }] };
}

function run(...tests: TestOutcome[]): TestRun {
  return { tests, broken: [] };
}

test.each(['AssertionError', 'LawBroken', 'SimulationFailed', 'GossipError'])('a test that fails by %s catches it', (error) => {
  expect(judge(mutant, run(outcome('passed'), outcome('failed', error)))).toEqual({ caught: true, by: error });
});

test.each(['TypeError', 'ReferenceError', 'SyntaxError', 'StaleMutation', 'TestTimeoutError'])('one that fails by %s does not', (error) => {
  expect(judge(mutant, run(outcome('failed', error)))).toMatchObject({ caught: false, why: `the test failed, but by ${error}: why` });
});

test('a test that is said to hang catches it by running out of time', () => {
  expect(judge(hanging, run(outcome('failed', 'TestTimeoutError')))).toMatchObject({ caught: true });
});

test.each([
  ['its test passes', run(outcome('passed')), 'survived: its test passed'],
  ['its test was left out', run(outcome('skipped')), 'no test of that name ran'],
  ['the mutant does not load', { tests: [], broken: ['Unexpected token'] }, 'the mutant does not run: Unexpected token'],
])('it is not caught when %s', (_, came, why) => {
  expect(judge(mutant, came)).toEqual({ caught: false, why });
});

test.each([
  ['passes', run(outcome('passed'), outcome('failed', 'Error', 'another')), null],
  ['is red by itself', run(outcome('failed', 'Error')), "'the lock > a second taker is refused' failed: why"],
  ['is not there', run(outcome('passed', undefined, 'another')), 'there is no test of that name'],
  ['was left out', run(outcome('skipped')), 'there is no test of that name'],
])('with nothing broken, a test that %s', (_, came, fault) => {
  expect(faultOfTest(mutant, came)).toBe(fault);
});
