/** Some settings changed, the others kept; what is no change that anybody can mean is refused. */
import { assert, constantFrom, jsonValue, oneof, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { changedSettings, settingsAfter } from '../../../src/operator/deploy/settings-change.ts';

const BEFORE = { step: 1, label: 'web', list: [1, 2] };

test.each([
  [['step=2'], { step: 2 }],
  [['label=api'], { label: 'api' }],
  [['label="2"'], { label: '2' }],
  [['label='], { label: '' }],
  [['label=a=b'], { label: 'a=b' }],
  [['list=[3]', 'more={"deep":true}'], { list: [3], more: { deep: true } }],
  [['none=null'], { none: null }],
  [['a=1.5', 'b=-2', 'c=0.1'], { a: 1.5, b: -2, c: 0.1 }],
  [['a=1.10', 'b=007', 'c=1e3', 'd=1.0'], { a: '1.10', b: '007', c: '1e3', d: '1.0' }],
  [['a=12345678901234567890', 'b=1e400', 'c=-0'], { a: '12345678901234567890', b: '1e400', c: '-0' }],
  [['label=not {json'], { label: 'not {json' }],
])('--set %j', (set, changes) => {
  expect(changedSettings(BEFORE, { set, unset: [] })).toEqual({ ...BEFORE, ...changes });
});

test('--unset takes away, and --settings gives all anew', async () => {
  expect(changedSettings(BEFORE, { set: ['step=3'], unset: ['label', 'list'] })).toEqual({ step: 3 });
  expect(await settingsAfter(BEFORE, { set: [], unset: [], all: '{"only":1}' })).toEqual({ only: 1 });
});

test.each([
  ['no KEY=VALUE', { set: ['step'], unset: [] }, "'step' sets nothing"],
  ['no key', { set: ['=2'], unset: [] }, "'=2' sets nothing"],
  ['nothing at all', { set: [''], unset: [] }, "'' sets nothing"],
  ['one twice', { set: ['step=2', 'step=3'], unset: [] }, "'step' is changed twice"],
  ['one set and taken away', { set: ['step=2'], unset: ['step'] }, "'step' is changed twice"],
  ['one that is not there', { set: [], unset: ['other'] }, "there is no setting 'other' to take away"],
  ['half a list', { set: ['list=[1,'], unset: [] }, 'the settings cannot be read'],
])('%s is refused', (_, change, says) => {
  expect(() => changedSettings(BEFORE, change)).toThrow(
    expect.objectContaining({ code: 'GOSSIP_E_USAGE', message: expect.stringContaining(says) }),
  );
});

test('whatever the key is called, it comes to be what was set, and nothing else changes', () => {
  const name = oneof(constantFrom('__proto__', 'constructor', 'toString', 'step'), string({ minLength: 1 }));
  assert(
    property(
      name.filter((text) => !text.includes('=')),
      jsonValue({ maxDepth: 3 }),
      (key, value) => {
        const after = changedSettings(BEFORE, { set: [`${key}=${JSON.stringify(value)}`], unset: [] });
        const others = Object.entries(BEFORE).filter(([other]) => other !== key);
        expect(new Map(Object.entries(after))).toEqual(new Map<string, unknown>([...others, [key, JSON.parse(JSON.stringify(value))]]));
      },
    ),
  );
});
