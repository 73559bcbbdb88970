import { expect, it } from 'vitest';
import { parseRendezvousNodes } from '../../../src/operator/cluster/rendezvous.ts';

const [one, two] = ['1'.repeat(64), '2'.repeat(64)];

it('rendezvous nodes have a name, an address and an id each', () => {
  expect(parseRendezvousNodes([`a=10.0.0.1:7946=${one}`, `b=10.0.0.2:7946=${two}`])).toEqual([
    { name: 'a', address: '10.0.0.1:7946', id: one },
    { name: 'b', address: '10.0.0.2:7946', id: two },
  ]);
});

it.each([
  ['name', `a=10.0.0.2:7946=${two}`],
  ['address', `b=10.0.0.1:7946=${two}`],
  ['id', `b=10.0.0.2:7946=${one}`],
])('two of one %s are refused: commands would mean one and reach the other', (key, second) => {
  expect(() => parseRendezvousNodes([`a=10.0.0.1:7946=${one}`, second])).toThrow(
    expect.objectContaining({ code: 'GOSSIP_E_USAGE', message: expect.stringContaining(`have the ${key} `) }),
  );
});
