import { expect, it } from 'vitest';
import { givenSwitch, nameOfValue } from '../../src/process/environment.ts';

it.each([
  [undefined, undefined],
  ['', undefined],
  ['1', true],
  ['Yes', true],
  ['0', false],
  ['FALSE', false],
])('a variable that says yes or no: %o is %o', (text, said) => expect(givenSwitch('GOSSIP_FOUND', { GOSSIP_FOUND: text })).toBe(said));

it.each(['ja', 'on', '2', ' '])('a variable that says neither is refused by its name: %o', (text) =>
  expect(() => givenSwitch('GOSSIP_FOUND', { GOSSIP_FOUND: text })).toThrow(
    expect.objectContaining({ code: 'GOSSIP_E_USAGE', message: `GOSSIP_FOUND: '${text}' is neither yes nor no` }),
  ),
);

it.each([
  [['--peer', 'x'], 'y', '--peer'],
  [['--peer=x'], 'y', '--peer'],
  [['--peers'], 'y', 'GOSSIP_PEER'],
  [[], '', '--peer'],
])('a value has the name of its flag, or of the variable that stood in for it: %j', (words, variable, name) =>
  expect(nameOfValue('peer', 'GOSSIP_PEER', words, { GOSSIP_PEER: variable })).toBe(name),
);
