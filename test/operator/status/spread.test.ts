/** How a deployment spread, told from what nodes keep of it: counts, times and a tree. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { drawTable } from '../../../src/commands/terminal/table.ts';
import { GossipError } from '../../../src/model/errors.ts';
import type { NodeId } from '../../../src/model/names.ts';
import type { ArrivalStatus } from '../../../src/api/arrivals.ts';
import { missingTable, sourceText, stagesText, timesTable, treeLines } from '../../../src/operator/render/rollout-text.ts';
import { textWidth } from '../../../src/operator/render/width.ts';
import type { Sighting } from '../../../src/operator/status/gather.ts';
import { quantilesOf, Spread } from '../../../src/operator/status/spread.ts';
import { peer, record } from '../../support/records.ts';
import { moduleStatus, nodeStatus } from '../paper-node.ts';

const d1 = record(1);
const d2 = record(2);
const came = (from: NodeId | null, acceptedMs: number, rest: Partial<ArrivalStatus> = {}): ArrivalStatus => ({
  module: d2.deployment.module,
  deployment: 'd2',
  number: d2.deployment.number,
  via: from === null ? 'injection' : 'rumor',
  from,
  acceptedMs,
  code: from === null ? null : { from, fetchedMs: acceptedMs - 100 },
  runningMs: acceptedMs - 300,
  ...rest,
});
const sees = (
  number: number,
  arrival: ArrivalStatus | null,
  module = moduleStatus(d2, { sinceMs: 60_000 }),
  answeredAt = 10_000,
): Sighting => ({
  node: peer(number),
  answer: { status: nodeStatus(peer(number), [d1, d2], { modules: [module], ...(arrival && { arrivals: [arrival] }) }) },
  answeredAt,
});
const spreadOf = (...sightings: readonly Sighting[]): Spread => {
  const spread = new Spread(d2, 3_000);
  spread.look(sightings, 10_000);
  return spread;
};
const drawn = (table: Parameters<typeof drawTable>[0] | null): string[] =>
  table === null ? [] : stripVTControlCharacters(drawTable(table, 80)).split('\n');

describe('the spread of a deployment', () => {
  const behind = moduleStatus(d1);
  const fetching = moduleStatus(d1, { state: 'updating', newest: 'd2', newestNumber: d2.deployment.number });
  const silent: Sighting = { node: peer(6), answer: { error: new GossipError('GOSSIP_E_TIMEOUT', 'it is late') } };
  const view = spreadOf(
    sees(1, came(null, 2_000)),
    sees(2, came(peer(1).id, 1_800)),
    sees(3, came(peer(2).id, 1_000)),
    sees(4, came(peer(2).id, 900, { code: null, runningMs: null }), fetching),
    sees(5, null, behind),
    silent,
  ).view();

  it('counts a node once that has answered and is silent now', () => {
    const spread = spreadOf(sees(1, came(null, 2_000)), sees(6, came(peer(1).id, 1_800)));
    spread.look([sees(1, came(null, 2_000)), silent], 11_000);
    expect(spread.view()).toMatchObject({ nodes: 2, counts: { known: 2, healthy: 2 } });
  });

  it('counts who is how far, of all that may run it', () => {
    expect(view).toMatchObject({ nodes: 6, counts: { known: 4, fetched: 3, running: 3, healthy: 3 }, source: 'nodes', recorded: 4 });
    expect(stagesText(view)).toBe('known 4, fetched 3, running 3, healthy 3 of 6 nodes');
  });

  it('gives times of all nodes since the first one had it, and none where too few have it', () => {
    expect(view.times).toEqual({
      known: [1_000, null, null, null],
      fetched: [1_100, null, null, null],
      running: [1_300, null, null, null],
    });
    expect(drawn(timesTable(view))).toEqual([
      '         50 %  90 %  99 %  100 %',
      'known    1.0s  -     -     -',
      'fetched  1.1s  -     -     -',
      'running  1.3s  -     -     -',
    ]);
    expect(sourceText(view)).toContain('4 of 6 have kept theirs');
  });

  it('draws who had it from whom', () => {
    expect(treeLines(view)).toEqual([
      'node1  injected by an operator, runs +300ms',
      '└─ node2  +200ms by rumor, code +300ms from there, runs +500ms',
      '   ├─ node3  +1.0s by rumor, code +1.1s from there, runs +1.3s',
      '   └─ node4  +1.1s by rumor',
    ]);
  });

  it('is as exact as its best look: an answer takes time, and none comes before it was asked for', () => {
    const spread = spreadOf(sees(1, came(null, 2_000)), sees(2, came(peer(1).id, 1_800), undefined, 10_700));
    spread.look([sees(1, came(null, 3_000), undefined, 11_000), sees(2, came(peer(1).id, 2_800), undefined, 11_000)], 11_000);
    expect(spread.view().arrivals.map(({ knownMs }) => knownMs)).toEqual([0, 200]);
  });

  it('says what it saw itself where no node has kept anything', () => {
    const spread = spreadOf(sees(1, null), sees(2, null, behind));
    spread.look([sees(1, null), sees(2, null)], 14_000);
    expect(spread.view()).toMatchObject({ source: 'seen', recorded: 0, times: { healthy: [0, 4_000, 4_000, 4_000] } });
    expect(sourceText(spread.view())).toContain('as seen by this command');
    expect(treeLines(spread.view())).toEqual([]);
  });

  it('has no time of code that lay there already', () => {
    expect(spreadOf(sees(1, came(null, 900)), sees(2, came(peer(1).id, 800, { code: null }))).view().times).not.toHaveProperty('fetched');
  });

  it('does not wait for nodes that may not run it', () => {
    const elsewhere = moduleStatus(d2, { state: 'stopped', deployment: null, number: null, code: null, version: null });
    expect(spreadOf(sees(1, came(null, 900)), sees(2, null, elsewhere)).view()).toMatchObject({ nodes: 1, counts: { healthy: 1 } });
  });

  it('ends its tree where nodes contradict each other', () => {
    const liars = spreadOf(sees(1, came(peer(2).id, 900)), sees(2, came(peer(1).id, 900)), sees(3, came(peer(9).id, 800))).view();
    expect(treeLines(liars).map((line) => /node\d/.exec(line)?.[0])).toEqual(['node3', 'node1', 'node2']);
  });

  it('of a thousand nodes is drawn at once, a line each', () => {
    const many = Array.from({ length: 1_000 }, (_, index) =>
      sees(index + 1, came(index === 0 ? null : peer(Math.ceil(index / 3)).id, 9_000 - index)),
    );
    const large = spreadOf(...many).view();
    expect(treeLines(large)).toHaveLength(1_000);
    expect(large.times['known']).toEqual([499, 899, 989, 999]);
  });
});

describe('quantiles', () => {
  it('are of all nodes, not of those that have it', () => {
    expect(quantilesOf([30, 10, 20, 40], 4)).toEqual([20, 40, 40, 40]);
    expect(quantilesOf([10], 10)).toEqual([null, null, null, null]);
    expect(quantilesOf([], 0)).toEqual([null, null, null, null]);
  });
});

describe('who is missing', () => {
  it('is named with the reason, and counted where these are many', () => {
    const straggler = (number: number) => ({ ...peer(number), progress: 'stuck' as const, why: 'held' });
    const [silent] = [{ ...peer(50), why: 'nothing listens there (GOSSIP_E_NOT_LISTENING)' }];
    expect(drawn(missingTable({ stragglers: [straggler(1)], silent: [silent] }))).toEqual([
      'missing  state      why',
      'node1    stuck      held',
      'node50   no answer  nothing listens there (GOSSIP_E_NOT_LISTENING)',
    ]);
    const many = drawn(missingTable({ stragglers: Array.from({ length: 300 }, (_, index) => straggler(index + 1)), silent: [] }));
    expect(many.at(-1)).toBe('… and 280 more');
    for (const line of many) expect(textWidth(line)).toBeLessThanOrEqual(80);
    expect(missingTable({ stragglers: [], silent: [] })).toBeNull();
  });
});
