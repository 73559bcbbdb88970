import { describe, expect, it } from 'vitest';
import type { NodeId } from '../../../src/model/names.ts';
import { GossipError } from '../../../src/model/errors.ts';
import type { OperatorCluster } from '../../../src/operator/cluster/clusters.ts';
import type { Sighting } from '../../../src/operator/status/gather.ts';
import { statusLines } from '../../../src/operator/render/status-lines.ts';
import { statusTable } from '../../../src/operator/render/status-table.ts';
import { Records } from '../../../src/operator/status/records.ts';
import { clusterStatus, ofSome, viewOf } from '../../../src/operator/status/status.ts';
import type { ClusterStatus } from '../../../src/operator/status/status.ts';
import type { Table } from '../../../src/operator/render/cells.ts';
import type { VerifiedDeployment } from '../../../src/model/deployment.ts';
import { paperRemoval, peer, record } from '../../support/records.ts';
import { moduleStatus, nodeStatus, PaperDoor, rendezvous, root } from '../paper-node.ts';

const cluster = { name: 'paper', root };
const d1 = record(1, { origin: peer(1).id });
const d2 = record(2, { origin: peer(1).id });
const held = { code: 'GOSSIP_E_MODULE_STATE', message: 'cannot accept the state' } as const;
const names = new Map(rendezvous.map(({ id, name }) => [id, name]));

const sees = (number: number, name: string, records: VerifiedDeployment[], changes = {}): Sighting => ({
  node: peer(number, name),
  answer: { status: nodeStatus(peer(number, name), records, changes) },
});

const viewSeen = (sightings: readonly Sighting[], records: Records) =>
  viewOf(cluster, { sightings, records, disbelieved: [], unasked: { count: 0, tellers: [] } });

const statusSummary = (view: ClusterStatus): string[] => Object.values(statusLines(view)).flat();

const text = ({ head, rows }: Table): string[] => [head.join('|'), ...rows.map((row) => row.map((cell) => cell.text).join('|'))];

describe('the status of a cluster', () => {
  it('says of every node what it runs and why it has not moved, rendezvous nodes first', () => {
    const stays = moduleStatus(d1, {
      state: 'held',
      newest: 'd2',
      newestNumber: d2.deployment.number,
      why: held,
      restarts: 2,
      processor: 0.974,
    });
    const sightings: Sighting[] = [
      {
        node: peer(10, 'node10'),
        answer: { error: new GossipError('GOSSIP_E_UNREACHABLE', 'cannot reach node10: nothing listens there') },
      },
      sees(3, 'node3', [d2], { modules: [stays] }),
      sees(1, 'rendezvous1', [d2]),
    ];
    const view = viewSeen(sightings, Records.of([d1, d2], names));
    expect(view).toMatchObject({
      newest: { membership: { deployment: 'd2', code: d2.deployment.code?.hash, version: 'code2' } },
      converged: false,
      nodes: [
        { name: 'rendezvous1' },
        { name: 'node3', modules: [{ deployment: 'd1', state: 'held', why: held, processor: 0.974 }] },
        { name: 'node10', reachable: false },
      ],
    });
    expect(text(statusTable(view))).toEqual([
      'node|address|inc|up|isolation|module|deployment|version|state|since|why',
      'node10|10.0.0.10:7946|||||||unreachable||cannot reach node10: nothing listens there',
      'node3|10.0.0.3:7946|1|1m1s|namespaces|membership|d1|code1|held|1.5s|cannot accept the state (GOSSIP_E_MODULE_STATE); takes 97 % of a processor core; 2 restarts',
      'rendezvous1 *|10.0.0.1:7946|1|1m1s|namespaces|membership|d2|code2|running|1.5s|',
    ]);
    expect(statusSummary(view)).toEqual([
      `cluster paper (${root.cluster.slice(0, 12)}): 2 of 3 nodes reachable, not converged`,
      `newest: membership d2 (code2, ${d2.deployment.code?.hash.slice(7, 19)})`,
      'no answer: node10; nobody can say what it runs',
    ]);
  });

  it('says of nodes that know nothing of the newest just that', () => {
    const other = record(3, { origin: peer(1).id, module: 'registry' });
    const nodes = [sees(1, 'rendezvous1', [d1, d2, other]), sees(3, 'node3', [d1])];
    const view = viewSeen(nodes, Records.of([d1, d2, other], names));
    expect(view.nodes[1]?.modules).toMatchObject([
      { name: 'membership', deployment: 'd1', state: 'running', why: { message: 'has not heard of d2 yet' } },
      { name: 'registry', deployment: null, state: 'updating', why: { message: 'has not heard of d3 yet' } },
    ]);
    expect(text(statusTable(view))).toContain('|||||registry|-||updating|0ms|has not heard of d3 yet');
  });

  it('is converged when all reachable nodes run the newest of what they may run', () => {
    const records = Records.of([d1, d2], names);
    const chosenElsewhere = moduleStatus(d2, { state: 'stopped', deployment: null, number: null, code: null, version: null });
    const nodes = [sees(1, 'rendezvous1', [d1, d2]), sees(3, 'node3', [d1, d2], { modules: [chosenElsewhere] })];
    expect(viewSeen(nodes, records).converged).toBe(true);
    expect(viewSeen([...nodes, sees(4, 'node4', [d1])], records).converged).toBe(false);
    expect(viewSeen([...nodes, sees(4, 'node4', [d1, d2], { digest: 'another' })], records).converged).toBe(false);
  });

  it('is converged after a removal when nothing runs any more', () => {
    const removal = record(5, { code: null });
    const view = viewSeen([sees(1, 'rendezvous1', [removal])], Records.of([d1, removal], names));
    expect(view).toMatchObject({ converged: true, newest: { membership: { deployment: 'd5', code: null, version: null } } });
    expect(statusSummary(view)[1]).toBe('newest: membership removed by d5');
  });

  it('counts thousands of removed modules, and has rows only for what is there or what a node still lists', () => {
    const removed = Array.from({ length: 5_000 }, (_, index) => paperRemoval(index + 3));
    const [last, ...long] = removed.toReversed() as [VerifiedDeployment, ...VerifiedDeployment[]];
    const all = [d2, ...long, last];
    const listed = { modules: [moduleStatus(d2), moduleStatus(last)], removedModules: long.length };
    const seen = [1, 2, 3].map((number) => sees(number, `node${number}`, all, listed));
    const view = viewSeen(seen, Records.of(all, names));
    expect(view).toMatchObject({ converged: true, removed: 5_000 });
    expect(Object.keys(view.newest).sort()).toEqual([last.deployment.module, 'membership']);
    for (const { modules } of view.nodes) expect(modules.map(({ name }) => name)).toEqual([last.deployment.module, 'membership']);
    expect(statusTable(view).rows).toHaveLength(3);
    expect(statusSummary(view)).toHaveLength(3);
    expect(statusSummary(view)[2]).toBe('removed: 5000 modules');
  });

  it('lists a few removed modules, and counts many', () => {
    const many = Array.from({ length: 6 }, (_, index) => paperRemoval(index + 3));
    const newest = (removed: readonly VerifiedDeployment[]): string | undefined => {
      const all = [d2, ...removed];
      const node = sees(1, 'node1', all, { modules: all.map((each) => moduleStatus(each)), removedModules: removed.length });
      return statusSummary(viewSeen([node], Records.of(all, names)))[1];
    };
    expect(newest(many.slice(0, 1))).toMatch(/ removed by d3 /);
    expect(newest(many)).not.toMatch(/removed/);
  });

  it('says that no module is left where all were removed long ago', () => {
    const removal = record(5, { code: null });
    const view = viewSeen([sees(1, 'rendezvous1', [removal], { modules: [], removedModules: 1 })], Records.of([removal], names));
    expect(view).toMatchObject({ converged: true, newest: {}, removed: 1, nodes: [{ modules: [] }] });
    expect(statusSummary(view).slice(1)).toEqual(['newest: no module is left', 'removed: 1 module']);
  });

  it('calls it no convergence that one node alone is well (law 9)', () => {
    const well = viewSeen([sees(1, 'rendezvous1', [d2])], Records.of([d2], names));
    expect(well.converged).toBe(true);
    expect(ofSome(well).converged).toBeNull();
    expect(statusSummary(ofSome(well))[0]).toMatch(/1 of 1 node reachable$/);
    const behind = viewSeen([sees(1, 'rendezvous1', [d2], { modules: [] })], Records.of([d2], names));
    expect(ofSome(behind).converged).toBe(false);
  });

  it('calls nothing converged where nothing is deployed, in words and for programs', () => {
    const bare = sees(1, 'rendezvous1', [], { highestSequence: 0, modules: [] });
    expect(viewSeen([bare], Records.of([], names)).converged).toBeNull();
    expect(viewSeen([{ ...bare, answer: { error: new GossipError('GOSSIP_E_TIMEOUT', 'late') } }], Records.of([], names)).converged).toBe(
      false,
    );
    expect(statusSummary(viewSeen([bare], Records.of([], names)))).toEqual([
      `cluster paper (${root.cluster.slice(0, 12)}): 1 of 1 node reachable`,
      'newest: nothing deployed',
    ]);
  });

  it('names both sides of a partition apart', () => {
    const twin = record(2, { origin: peer(2).id, module: 'membership', time: 1_600_000_000_000 });
    const nodes = [sees(1, 'rendezvous1', [d2]), sees(2, 'rendezvous2', [twin])];
    const view = viewSeen(nodes, Records.of([d2, twin], names));
    expect(view.nodes.map(({ modules }) => modules[0]?.deployment)).toEqual(['d2@rendezvous1', 'd2@rendezvous2']);
    expect(view.newest['membership']?.deployment).toBe('d2@rendezvous1');
  });

  it('shows each alarm once, with who tells it', () => {
    const alarm = { code: 'GOSSIP_E_NODE_CLONED', message: 'node3 speaks from two addresses' } as const;
    const seen = [1, 2, 3].map((number) => sees(number, `rendezvous${number}`, [], { alarms: number === 3 ? [] : [alarm] }));
    expect(statusSummary(viewSeen(seen, Records.of([], names))).slice(2)).toEqual([
      'alarm: node3 speaks from two addresses (GOSSIP_E_NODE_CLONED), says rendezvous1 and 1 more',
    ]);
  });

  it('of a node that is asked alone shows with how many peers it speaks', () => {
    const seen = [sees(1, 'rendezvous1', [], { view: ['a', 'b'].map((digit) => digit.repeat(64) as NodeId) })];
    const view = viewSeen(seen, Records.of([], names));
    expect(statusSummary(view).slice(2)).toEqual(['rendezvous1 speaks with 2 peers of its own choosing']);
    expect(view.nodes[0]?.view).toHaveLength(2);
  });

  it('shows what a disk, the way out or backup gossip complains of', () => {
    const disk = { error: { code: 'GOSSIP_E_DISK', message: 'no space left' }, contentBytes: 0 } as const;
    const outgoing = { error: { code: 'GOSSIP_E_PROXY', message: 'the proxy is down' } } as const;
    const backup = { rate: 'fast', why: 'membership is failed' } as const;
    const seen = [sees(1, 'rendezvous1', [], { disk, outgoing, backup })];
    expect(statusSummary(viewSeen(seen, Records.of([], names))).slice(2)).toEqual([
      'rendezvous1: disk: no space left (GOSSIP_E_DISK)',
      'rendezvous1: reaches no peer: the proxy is down (GOSSIP_E_PROXY)',
      'rendezvous1: backup gossip is fast: membership is failed',
    ]);
  });

  it('shows which node is behind, and of what that is made; a little strain is none (law 10)', () => {
    const strains = [
      { level: 1.9, lateMs: 190, timeouts: 0 },
      { level: 4, lateMs: 320, waiting: 24.5, timeouts: 2 },
    ];
    const seen = strains.map((strain, index) => sees(index + 1, `rendezvous${index + 1}`, [], { strain }));
    const view = viewSeen(seen, Records.of([], names));
    expect([view.nodes.map(({ strain }) => strain), statusSummary(view).slice(2)]).toEqual([
      strains,
      [
        'rendezvous2: is behind: its rounds take 4 times as long (timers 320 ms late, waits for a processor 24.5 times as long as it runs, 2 calls timed out)',
      ],
    ]);
  });
});

describe('asking for the status', () => {
  const operator = { name: 'paper', root, nodes: [] } as unknown as OperatorCluster;

  it('finds the newest deployment on whichever side knows it', async () => {
    const door = new PaperDoor();
    for (const node of rendezvous) door.add(node);
    expect((await clusterStatus(operator, door)).newest).toEqual({});
    expect(door.calls.filter((call) => call.startsWith('configuration'))).toHaveLength(1);
  });

  it('asks one node alone when it is named', async () => {
    const door = new PaperDoor();
    for (const node of rendezvous) door.add(node);
    const view = await clusterStatus(operator, door, rendezvous[1]);
    expect(view.nodes.map(({ name }) => name)).toEqual(['rendezvous2']);
    expect(door.calls).toEqual(['status rendezvous2', 'configuration rendezvous2']);
  });

  it('fails with exit code 3 when no node answers', async () => {
    await expect(clusterStatus(operator, new PaperDoor())).rejects.toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_UNREACHABLE', exitCode: 3 }),
    );
  });
});

describe('who is not there any more', () => {
  const away = (number: number, belief: Sighting['belief'], silentMs: number | null, name = `node${number}`): Sighting => ({
    node: peer(number, name),
    answer: { error: new GossipError('GOSSIP_E_UNREACHABLE', `cannot reach ${name}`) },
    ...(belief !== undefined && { belief }),
    silentMs,
  });
  const sightings = [
    away(10, 'gone', 3_600_000),
    away(11, 'gone', 86_400_000, 'node3'),
    away(12, 'left', null),
    sees(3, 'node3', [d1]),
    sees(1, 'rendezvous1', [d1]),
  ];
  const view = viewSeen(sightings, Records.of([d1], names));

  it('is counted below the table, and names belong to those that are there', () => {
    expect(text(statusTable(view)).map((line) => line.split('|')[0])).toEqual(['node', 'rendezvous1 *', 'node3']);
    expect(statusSummary(view)).toEqual([
      expect.stringContaining('2 of 2 nodes reachable, converged'),
      expect.stringContaining('newest: membership d1'),
      '2 nodes not heard of for more than 1h: node10, node3',
      'left: node12',
    ]);
    expect(view.nodes.map(({ name, belief, silentMs }) => [name, belief, silentMs])).toEqual([
      ['rendezvous1', undefined, undefined],
      ['node3', undefined, undefined],
      ['node3', 'gone', 86_400_000],
      ['node10', 'gone', 3_600_000],
      ['node12', 'left', undefined],
    ]);
  });

  it('is listed last with --all, by state and time', () => {
    const rows = text(statusTable(view, { all: true })).slice(3);
    expect(rows).toEqual([
      expect.stringMatching(/^node3 \([0-9a-f]{12}\)\|.*\|gone\|1d\|cannot reach node3$/),
      expect.stringMatching(/^node10\|.*\|gone\|1h\|cannot reach node10$/),
      expect.stringMatching(/^node12\|.*\|left\|\|has said goodbye$/),
    ]);
  });
});

describe('nodes that are stale', () => {
  const since = (confirmedMs: number | null, fresh: boolean | null) => ({ freshness: { fresh, confirmedMs, tips: [] } });
  const summary = (...sightings: readonly Sighting[]): string[] =>
    statusSummary(viewSeen(sightings, Records.of([d1], names))).filter((line) => line.startsWith('stale'));

  it('are named in one line, with the shortest of their times', () => {
    const [old, older] = [sees(3, 'node3', [d1], since(7_200_000, false)), sees(4, 'node4', [d1], since(86_400_000, false))];
    expect(summary(sees(1, 'rendezvous1', [d1], since(1_000, true)), older)).toEqual([
      'stale: node4; most rendezvous nodes have not confirmed for 1d or longer that it holds what is newest',
    ]);
    expect(summary(old, older)).toEqual([
      'stale: node3, node4; most rendezvous nodes have not confirmed for 2h or longer that they hold what is newest',
    ]);
  });

  it('are not those that cannot know yet, that have nobody to ask, or that are of an older version', () => {
    expect(summary(sees(3, 'node3', [d1], since(null, null)), sees(4, 'node4', [d1]))).toEqual([]);
  });
});
