/** Attack C14: answers of many liars at once, each of them just small enough. */
import { expect, test } from 'vitest';
import { AnswerMemory } from '../../../src/operator/client/answer-memory.ts';

test('where answers take too much together, the largest gives way, and the small ones of honest nodes stay', () => {
  const answers = new AnswerMemory(100);
  const ended: string[] = [];
  const begin = (name: string) => answers.begin(() => ended.push(name));
  const [honest, first, second] = [begin('honest'), begin('first'), begin('second')];
  answers.received(honest, 10);
  answers.received(first, 40);
  answers.received(second, 45);
  expect(ended).toEqual([]);
  answers.received(honest, 20);
  expect(ended).toEqual(['second']);
  answers.received(first, 79);
  expect(ended).toEqual(['second']);
  answers.end(first);
  answers.received(begin('third'), 80);
  expect(ended).toEqual(['second']);
  answers.received(honest, 21);
  expect(ended).toEqual(['second', 'third']);
});
