/** What monitoring is told: one line, one exit code. */
import { describe, expect, it } from 'vitest';
import { GossipError } from '../../../src/model/errors.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import { checkOf, unknownCheck } from '../../../src/operator/status/check.ts';
import { pictureOf } from '../../../src/operator/status/picture.ts';
import { problemsOf } from '../../../src/operator/status/problems.ts';
import { Records } from '../../../src/operator/status/records.ts';
import { viewOf } from '../../../src/operator/status/status.ts';
import type { ClusterStatus } from '../../../src/operator/status/status.ts';
import type { Sighting } from '../../../src/operator/status/gather.ts';
import type { NodeStatus } from '../../../src/api/status.ts';
import { peer, record } from '../../support/records.ts';
import { D4, D5, largeCluster } from '../../support/large-cluster.ts';
import { moduleStatus, nodeStatus, root } from '../paper-node.ts';

const sees = (number: number, changes: Partial<NodeStatus> = {}): Sighting => ({
  node: peer(number),
  answer: { status: nodeStatus(peer(number), [D4, D5], { modules: [moduleStatus(D5)], ...changes }) },
});
const silent = (number: number, rest: Partial<Sighting> = {}): Sighting => ({
  node: peer(number),
  answer: { error: new GossipError('GOSSIP_E_UNREACHABLE', `cannot reach node${number}`) },
  ...rest,
});
const view = (...sightings: readonly Sighting[]): ClusterStatus =>
  viewOf(
    { name: 'paper', root },
    { sightings, records: Records.of([D4, D5], new Map()), disbelieved: [], unasked: { count: 0, tellers: [] } },
  );

describe('a check', () => {
  it('is well where all run the newest, and says what that is', () => {
    const { exitCode, line } = checkOf(view(sees(1), sees(2)));
    expect([exitCode, line]).toEqual([0, 'GOSSIP OK - paper: 2 of 2 nodes answered; membership d5 | known=2 answered=2 problems=0']);
  });

  it.each<[string, readonly Sighting[], string]>([
    ['somebody does not answer', [sees(1), silent(2)], 'no answer: node2; nobody can say what it runs'],
    [
      'something has not moved',
      [sees(1), sees(2, { modules: [moduleStatus(D4)] })],
      'membership is behind on node2: has not heard of d5 yet',
    ],
    ['something is held', [sees(1, { modules: [moduleStatus(D5, { state: 'held' })] })], 'membership is held on node1'],
    ['something failed', [sees(1, { modules: [moduleStatus(D5, { state: 'failed' })] })], 'membership failed on node1'],
    [
      'something alarms',
      [sees(1, { alarms: [{ code: 'GOSSIP_E_MOVED', message: 'it is elsewhere' }] })],
      'alarm: it is elsewhere (GOSSIP_E_MOVED), says node1',
    ],
    ['nodes differ and do not say why', [sees(1), sees(2, { digest: 'another' })], 'the nodes do not hold the same configuration yet'],
    ['a node is stale', [sees(1, { freshness: { fresh: false, confirmedMs: 7_200_000, tips: [] } })], 'stale: node1;'],
    [
      'a disk is full',
      [sees(1, { disk: { error: { code: 'GOSSIP_E_DISK', message: 'no space | left' }, contentBytes: 0 } })],
      'node1: disk: no space / left (GOSSIP_E_DISK)',
    ],
  ])('warns where %s', (_, sightings, said) => {
    const { exitCode, line } = checkOf(view(...sightings));
    expect(exitCode).toBe(1);
    expect(line).toMatch(/^GOSSIP WARNING - paper: \d of \d nodes? answered; [^|]* \| known=\d answered=\d problems=1$/);
    expect(line).toContain(said);
  });

  it('warns of all that converged denies', () => {
    for (const status of [
      view(sees(1), silent(2)),
      view(sees(1), sees(2, { modules: [] })),
      view(sees(1, { outside: { code: 'GOSSIP_E_NOT_ADMITTED', message: 'no' } })),
    ]) {
      expect(status.converged).toBe(false);
      expect(checkOf(status).exitCode).toBe(1);
    }
  });

  it('names who is long gone, for whom nobody waits, and warns of them only with --all', () => {
    const status = view(sees(1), silent(2, { belief: 'gone', silentMs: 86_400_000 }));
    expect([checkOf(status).exitCode, checkOf(status).line]).toEqual([0, expect.stringContaining('long gone: node2')]);
    expect(checkOf(status, { all: true }).exitCode).toBe(1);
  });

  it('of one module says nothing of the others', () => {
    const status = view(sees(1, { modules: [moduleStatus(D5), moduleStatus(record(6, { module: 'counter' }), { state: 'held' })] }));
    expect(checkOf(status).exitCode).toBe(1);
    expect(checkOf(status, { module: 'membership' as ModuleName })).toMatchObject({ exitCode: 0, problems: [] });
    expect(checkOf(status, { module: 'counter' as ModuleName }).exitCode).toBe(1);
  });

  it('says unknown where nobody answers', () => {
    const { exitCode, line } = unknownCheck(new GossipError('GOSSIP_E_UNREACHABLE', 'no node answers; asked r1'));
    expect([exitCode, line]).toEqual([3, 'GOSSIP UNKNOWN - no node answers; asked r1 (GOSSIP_E_UNREACHABLE)']);
  });

  it('stays one short line of a thousand nodes, and says what a sample is worth', () => {
    expect(checkOf(largeCluster(1_000)).line.length).toBeLessThan(500);
    const well = Array.from({ length: 30 }, (_, index) => sees(index + 1));
    const drawn = new Set(well.slice(0, 20).map(({ node }) => node.id));
    const status = { ...view(...well), known: 4_000, sample: { drawn: [...drawn] } };
    expect(checkOf(status)).toMatchObject({
      exitCode: 0,
      line: expect.stringContaining(
        '30 answered, of 4000 known; 20 were drawn at random: of all, what none of them shows is on at most 16.1 %',
      ),
    });
  });
});

describe('problems', () => {
  it('are told once for all nodes that have them, the worst first', () => {
    expect(problemsOf(largeCluster(1_000)).map(({ kind, nodes }) => [kind, nodes.map(({ name }) => name)])).toEqual([
      ['silent', ['node4', 'node5', 'node6']],
      ['held', ['node1', 'node2', 'node3']],
      ['strain', ['node9']],
    ]);
  });
});

describe('the picture of a look', () => {
  it('is another one when something happened, and not for what always moves', () => {
    const before = pictureOf(view(sees(1), sees(2)));
    expect(pictureOf(view(sees(2), sees(1, { uptimeMs: 99_000, modules: [moduleStatus(D5, { sinceMs: 9_000, residentBytes: 1 })] })))).toBe(
      before,
    );
    expect(pictureOf(view(sees(1), silent(2)))).not.toBe(before);
    expect(pictureOf(view(sees(1), sees(2, { incarnation: 2 })))).not.toBe(before);
    expect(pictureOf(view(sees(1), sees(2, { modules: [moduleStatus(D4)] })))).not.toBe(before);
  });
});
