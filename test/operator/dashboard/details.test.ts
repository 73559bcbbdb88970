/** One node in words: what it tells of itself, and nothing of what it does not. */
import { expect, it } from 'vitest';
import { detailsOf } from '../../../src/operator/dashboard/details.ts';
import { Records } from '../../../src/operator/status/records.ts';
import { viewOf } from '../../../src/operator/status/status.ts';
import { peer } from '../../support/records.ts';
import { nodeStatus, root } from '../paper-node.ts';

/** The facts whose label has this word, of a node with this strain. */
function factsOf(strain: object | undefined): readonly (readonly [string, string])[] {
  const node = peer(1, 'rendezvous1');
  const sightings = [{ node, answer: { status: nodeStatus(node, [], strain === undefined ? {} : { strain: strain as never }) } }];
  const view = viewOf(
    { name: 'paper', root },
    { sightings, records: Records.of([], new Map()), disbelieved: [], unasked: { count: 0, tellers: [] } },
  );
  const [row] = view.nodes;
  if (row === undefined) throw new Error('there is one');
  return detailsOf(row, () => undefined).facts.filter(([label]) => /strain|processor/.test(label));
}

it('says how much a node is strained, and how long it waits for a processor where it counts that', () => {
  expect(factsOf({ level: 2.5, lateMs: 250, waiting: 12.5, timeouts: 1 })).toEqual([
    ['strain', '2.5 (timers 250 ms late, 1 calls timed out)'],
    ['waits for a processor', '12.5 times as long as it runs'],
  ]);
  expect(factsOf({ level: 1, lateMs: 0, timeouts: 0 })).toEqual([['strain', '1 (timers 0 ms late, 0 calls timed out)']]);
  expect(factsOf(undefined)).toEqual([]);
});
