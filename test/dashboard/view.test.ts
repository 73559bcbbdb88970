/** What the page makes of what it is told, before anything is drawn: also of a thousand nodes, and of what makes no sense. */
import { describe, expect, it } from 'vitest';
import { endOf, stepPath, stepsOf, ticksOf } from '../../src/dashboard/view/curve.ts';
import { groupsOf } from '../../src/dashboard/view/groups.ts';
import { filteredNodes, NO_FILTER, pageOf, runsText } from '../../src/dashboard/view/list.ts';
import { PageModel } from '../../src/dashboard/view/page-model.ts';
import { nodeWords } from '../../src/dashboard/view/states.ts';
import { wayPaths, waysOf } from '../../src/dashboard/view/ways.ts';
import { countsText, progressText, spokenText, underWay, verdictOf } from '../../src/dashboard/view/words.ts';
import { arrivalsOf, clusterEntry, HOSTILE, idOf, largePage, nodeEntry, nodesOf, PROBLEMS, spreadOf } from './large-page.ts';

describe('the model of the page', () => {
  it('is told whole, then in changes, and says what has changed once', () => {
    const model = new PageModel();
    model.apply(largePage(20));
    expect([model.nodes.size, model.arrivals.get('d15')?.size, model.takeChanges().nodes.size]).toEqual([20, 20, 20]);
    model.apply({
      whole: false,
      entries: [
        [`node ${idOf(4)}`, nodeEntry(4, { state: 'held' })],
        [`node ${idOf(5)}`, null],
        ['of a newer server', 1],
      ],
    });
    const changes = model.takeChanges();
    expect([...changes.nodes]).toEqual([idOf(4), idOf(5)]);
    expect(changes).toMatchObject({ cluster: false, problems: false, history: false, events: false });
    expect([model.nodes.size, model.nodes.get(idOf(4))?.state]).toEqual([19, 'held']);
    expect(model.takeChanges().nodes.size).toBe(0);
  });

  it('forgets what it had when it is told everything anew', () => {
    const model = new PageModel();
    model.apply(largePage(20));
    model.takeChanges();
    model.apply({ whole: true, entries: [[`node ${idOf(1)}`, nodeEntry(1)]] });
    expect([model.nodes.size, model.spreads.size, model.arrivals.size]).toEqual([1, 0, 0]);
    expect(model.takeChanges().nodes.size).toBe(20);
  });
});

describe('nodes in groups and lists', () => {
  const nodes = nodesOf(1_000);

  it('count a thousand, what is wrong first', () => {
    const groups = groupsOf(nodes);
    expect(groups.map(({ module, deployment, state, isWrong, count }) => [module, deployment, state, isWrong, count])).toEqual([
      ['counter', 'd14', 'held', true, 12],
      ['counter', null, 'failed', true, 4],
      [null, null, 'no answer', true, 7],
      ['counter', 'd15', 'running', false, 956],
      ['counter', 'd14', 'updating', false, 21],
      ['membership', 'd12', 'running', false, 993],
    ]);
    const [held] = groups;
    expect(filteredNodes(nodes, { ...NO_FILTER, group: held?.key ?? '' })).toHaveLength(12);
  });

  it('put the worst first, find by any word, and page', () => {
    const all = filteredNodes(nodes, NO_FILTER);
    expect(all[0]?.state).toBe('failed');
    expect(filteredNodes(nodes, { ...NO_FILTER, state: 'wrong' }).map(({ state }) => state)).not.toContain('running');
    expect(filteredNodes(nodes, { ...NO_FILTER, search: '  GOSSIP_e_held ' })).toHaveLength(12);
    expect(filteredNodes(nodes, { ...NO_FILTER, search: '10.0.3.232' })).toHaveLength(1);
    expect(pageOf(all, 0, 25)).toMatchObject({ total: 1_000, page: 0, pages: 40 });
    expect(pageOf(all, 99, 25)).toMatchObject({ page: 39 });
    expect(pageOf([], 3, 25)).toEqual({ rows: [], total: 0, page: 0, pages: 1 });
  });

  it('are words as they are, whatever is in them', () => {
    const node = nodeEntry(9, { name: HOSTILE, state: 'held', why: 'why' });
    expect(nodeWords(node)).toBe(`${HOSTILE}, held: why`);
    expect(runsText(node)).toBe('membership d12 (1.4.0) · counter d15 (2.0.1)');
  });
});

describe('the curve', () => {
  it('goes up a step with each node, and is one line for many at once', () => {
    const steps = stepsOf(arrivalsOf(4), ({ knownMs }) => knownMs);
    expect(steps.map(({ count }) => count)).toEqual([1, 2, 3, 4]);
    const frame = { width: 100, height: 50, endMs: 100 };
    const twice = [
      { ms: 0, count: 1 },
      { ms: 50, count: 2 },
      { ms: 50, count: 3 },
    ];
    expect(stepPath(twice, 4, frame, false)).toBe('M0.0 50.0H0.0V37.5H50.0V25.0V12.5H100');
    expect(stepPath(twice, 4, frame, true)).toMatch(/V50Z$/);
    expect(stepPath([], 4, frame, true)).toBe('');
  });

  it('has round times on its axis', () => {
    expect(ticksOf(1_000, 5)).toEqual([0, 200, 400, 600, 800, 1_000]);
    expect(ticksOf(1, 1)).toEqual([0, 1]);
    expect(ticksOf(86_400_000, 4)).toEqual([0, 50_000_000]);
    expect(endOf([])).toBe(1_000);
  });
});

describe('who had it from whom', () => {
  it('gives each of a thousand nodes one place, below whom it had it from', () => {
    const places = waysOf(arrivalsOf(1_000));
    expect(places).toHaveLength(1_000);
    expect(places.every(({ row }, index) => row === index)).toBe(true);
    for (const { arrival, parent, row } of places) {
      expect(parent === null ? null : places[parent]?.arrival.node).toBe(arrival.from);
      expect(parent ?? -1).toBeLessThan(row);
    }
    const paths = wayPaths(places, { width: 1_000, height: 300, endMs: 5_000 });
    expect(paths.lines.split('M')).toHaveLength(1_000);
    expect(paths.known.split('M').length + paths.running.split('M').length).toBe(1_002);
  });

  it('places also those that say that they have it from each other', () => {
    const [a, b] = arrivalsOf(2);
    if (a === undefined || b === undefined) throw new Error('there are two');
    const places = waysOf([
      { ...a, from: b.node },
      { ...b, from: a.node },
      { ...b, node: idOf(3), from: idOf(77) },
    ]);
    expect(places.map(({ arrival, parent }) => [arrival.node, parent])).toEqual([
      [idOf(3), null],
      [idOf(1), null],
      [idOf(2), 1],
    ]);
  });
});

describe('the words of the page', () => {
  const cluster = clusterEntry(1_000);

  it.each([
    [null, [], 'looking'],
    [clusterEntry(0, { lookedAt: null }), [], 'looking'],
    [clusterEntry(9, { error: 'no node answers (GOSSIP_E_UNREACHABLE)' }), [], 'unknown'],
    [cluster, PROBLEMS, '3 problems'],
    [cluster, PROBLEMS.slice(3), 'updating'],
    [cluster, [], 'updating'],
    [clusterEntry(9, { converged: true }), [], 'all well'],
    [clusterEntry(9, { newest: [], converged: null }), [], 'nothing deployed'],
  ] as const)('sum a cluster up', (seen, problems, text) => {
    expect(verdictOf(seen, problems).text).toBe(text);
  });

  it('say of how many nodes they are', () => {
    expect(countsText(cluster)).toBe('993 of 1000 nodes answered; counter d15, membership d12');
    expect(countsText(clusterEntry(9_000, { sample: 1_000, newest: [] }))).toBe('8993 answered, 1000 drawn at random of 9000 nodes');
  });

  it('follow the newest deployment of each module alone', () => {
    const done = { ...spreadOf(10), counts: { known: 10, fetched: 10, running: 10, healthy: 10 } };
    const older = { ...spreadOf(10), deployment: 'd14', place: 1 };
    expect(underWay([older, done])).toBe(null);
    const other = { ...spreadOf(10), deployment: 'd13', module: 'membership', place: 2 };
    expect(underWay([older, done, other])?.deployment).toBe('d13');
    expect(progressText(other)).toBe('d13 of membership: 9 of 10 run it');
    expect(spokenText(cluster, PROBLEMS, [other])).toBe(`3 problems. ${PROBLEMS[0]?.text}. d13 of membership: 9 of 10 run it`);
  });
});
