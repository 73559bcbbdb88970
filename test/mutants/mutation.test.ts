/** A mutation finds its place by what stands there, wherever and however that is written, and says so when it finds none or several. */
import { expect, test } from 'vitest';
import { mutated } from './mutation.ts';
import type { Mutation } from './mutation.ts';

const door = `
const LIMITS = { members: 10 };
export class Door {
  #open = false;
  enter(who: string, now: number): string | null {
    const late = now > this.#closes && who !== 'owner';
    if (late) return null;
    if (who === '') throw new DoorError('GOSSIP_E_WHO');
    this.#count();
    return [this.#greeting, safeText(who)].join(' ');
  }
  shows = () => ({ name: 'door', open: this.#open });
}
`;
const sources = [
  { file: 'house/door.ts', text: door },
  { file: 'house/window.ts', text: 'export function enter(who) { return who; }' },
];

const cases: Readonly<Record<string, [Mutation, string, string]>> = {
  'a statement': [{ in: 'Door.enter', drop: '#count()' }, 'this.#count();', ';'],
  'a statement below a condition': [{ in: 'Door.enter', drop: 'GOSSIP_E_WHO' }, "throw new DoorError('GOSSIP_E_WHO');", ';'],
  'an operand': [{ in: 'Door.enter', drop: 'owner' }, "now > this.#closes && who !== 'owner'", 'now > this.#closes'],
  'an element': [{ in: 'Door.enter', drop: '#greeting' }, 'this.#greeting,', ''],
  'a property': [{ in: 'Door', drop: ['name', 'door'] }, "name: 'door',", ''],
  'a condition that is false': [{ in: 'Door.enter', never: 'late' }, 'if (late)', 'if (false)'],
  'a condition that is true': [{ in: 'Door.enter', always: ['who', '==='] }, "if (who === '')", 'if (true)'],
  'an expression': [{ in: 'Door.enter', of: 'safeText', is: 'String' }, 'safeText(who)', 'String(who)'],
  'an expression that goes on': [{ in: 'Door.enter', of: 'safeText()', is: '$ + $' }, 'safeText(who)', 'safeText(who) + safeText(who)'],
  'a limit': [{ in: 'LIMITS.members', is: 'Infinity' }, 'members: 10', 'members: Infinity'],
  'a variable': [
    { in: 'Door.enter.late', is: '!($)' },
    "now > this.#closes && who !== 'owner'",
    "!(now > this.#closes && who !== 'owner')",
  ],
  'a function': [{ in: 'Door.shows', is: 'null' }, "({ name: 'door', open: this.#open })", 'null'],
  'a text': [{ file: 'house/door.ts', from: '10 }', to: '11 }' }, '10 }', '11 }'],
};

test.each(Object.entries(cases))('%s', (_, [mutation, from, to]) => {
  expect(mutated(sources, mutation)).toEqual({ file: 'house/door.ts', text: door.replace(from, () => to) });
});

test('one place is the same after a move and another layout', () => {
  const elsewhere = [{ file: 'gate.ts', text: door.replace("=> ({ name: 'door', open: this.#open })", '=>\n({\nopen:\nthis.#open })') }];
  expect(mutated(elsewhere, { in: 'Door.shows', drop: 'open' }).text).toContain('=>\n({\n })');
});

test.each<[string, Mutation, RegExp]>([
  ['no such declaration', { in: 'Gate.enter', drop: '#count()' }, /no such declarations, but in door\.Door\.enter$/],
  ['no such place', { in: 'Door.shows', drop: '#count()' }, /no such places, but in door\.Door\.enter$/],
  ['it nowhere', { in: 'Door.enter', never: 'locked' }, /no such places$/],
  ['two such declarations', { in: 'enter', is: 'null' }, /2 such declarations$/],
  ['two such places', { in: 'Door.enter', drop: 'who' }, /[2-9] such places$/],
  ['a class, which has no value', { in: 'Door', is: 'null' }, /no such places$/],
  ['two such texts', { file: 'house/door.ts', from: 'return', to: '' }, /[2-9] such texts$/],
])('where there is %s, that is said', (_, mutation, said) => {
  expect(() => mutated(sources, mutation)).toThrow(said);
});
