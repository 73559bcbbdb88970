/** Whose turn it is to be probed. */
import { expect, it } from 'vitest';
import { Choice } from '../../src/modules/membership/choice.ts';
import { Table } from '../../src/modules/membership/table.ts';
import type { ModuleContext, Peer } from '../../src/sdk/index.ts';

const peers: readonly Peer[] = Array.from({ length: 4 }, (_, index) => ({
  id: String(index + 1).repeat(64),
  name: `node${index + 1}`,
  address: `10.0.0.${index + 1}:7946`,
}));
const [self, ...others] = peers as [Peer, Peer, Peer, Peer];

/** This node and three others, which all watch each other; it knows no peers beside. */
function choice(): Choice {
  const table = new Table(self.id, () => 0);
  for (const other of others) table.heardFrom(other, 1);
  return new Choice({ self, peers: () => [], random: () => 0 } as Partial<ModuleContext> as ModuleContext, table);
}

it('each of the watched is probed within as many rounds as there are of them, one in a round', () => {
  const turns = choice();
  const probed = [1, 2, 3, 4, 5, 6].map((round) => turns.forRound(round).map(({ id }) => id));
  expect(probed.map(({ length }) => length)).toEqual([1, 1, 1, 1, 1, 1]);
  for (const from of [0, 3])
    expect(
      probed
        .slice(from, from + 3)
        .flat()
        .toSorted(),
    ).toEqual(others.map(({ id }) => id));
});

it('whoever has called is not probed until so many rounds have passed again', () => {
  const turns = choice();
  for (const round of [1, 2, 3]) turns.forRound(round);
  for (const { id } of others) turns.spoke(id, 3);
  expect([4, 5].map((round) => turns.forRound(round))).toEqual([[], []]);
  expect(turns.forRound(6)).toHaveLength(1);
});
