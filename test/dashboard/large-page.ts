/** What the server would tell the page of a large cluster, made up: the same for the same numbers. */
import type { ArrivalEntry, ClusterEntry, NodeEntry, NodeState, ProblemEntry, SpreadEntry, Told } from '../../src/dashboard/wire.ts';

export function idOf(number: number): string {
  return number.toString(16).padStart(64, '0');
}

/** A name that would run, were it ever more than text. */
export const HOSTILE = '<img src=x onerror="document.title=\'owned\'">';

export function nodeEntry(number: number, changes: Partial<NodeEntry> = {}): NodeEntry {
  return {
    id: idOf(number),
    name: number <= 3 ? `rendezvous${number}` : `node${number - 3}`,
    address: `10.0.${number >> 8}.${number & 255}:7946`,
    rendezvous: number <= 3,
    state: 'running',
    why: null,
    modules: [
      { name: 'membership', deployment: 'd12', version: '1.4.0', state: 'running', why: null },
      { name: 'counter', deployment: 'd15', version: '2.0.1', state: 'running', why: null },
    ],
    ...changes,
  };
}

/** Most are well, a few are each in another state. */
export function nodesOf(count: number): readonly NodeEntry[] {
  return Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    const counter = (state: string, deployment: string | null, why: string | null, of: NodeState): NodeEntry => {
      const [membership] = nodeEntry(number).modules;
      const modules = [...(membership ? [membership] : []), { name: 'counter', deployment, version: '2.0.0', state, why }];
      return nodeEntry(number, { state: of, why, modules });
    };
    if (number % 211 === 0) return counter('failed', null, 'it ended with code 1 (GOSSIP_E_MODULE_CRASHED)', 'failed');
    if (number % 83 === 0) return counter('held', 'd14', 'it failed three times within a minute (GOSSIP_E_HELD)', 'held');
    if (number % 47 === 0) return counter('updating', 'd14', 'fetching the code of d15', 'behind');
    if (number % 139 === 0) return nodeEntry(number, { state: 'silent', why: 'cannot reach it (GOSSIP_E_UNREACHABLE)', modules: [] });
    return nodeEntry(number);
  });
}

export function arrivalsOf(count: number): readonly ArrivalEntry[] {
  return Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    const parent = index === 0 ? null : 1 + Math.floor(((index * 7_919) % 1_000) * 0.001 * Math.floor(index / 3));
    const knownMs = index === 0 ? 0 : Math.round(320 * Math.log2(index + 1) + ((index * 104_729) % 400));
    return {
      node: idOf(number),
      name: nodeEntry(number).name,
      via: parent === null ? 'injection' : 'rumor',
      from: parent === null ? null : idOf(parent),
      knownMs,
      fetchedMs: knownMs + 90,
      codeFrom: parent === null ? null : idOf(parent),
      runningMs: number % 9 === 0 ? null : knownMs + 700 + ((index * 31) % 500),
    };
  });
}

export function spreadOf(count: number, arrivals: readonly ArrivalEntry[] = arrivalsOf(count)): SpreadEntry {
  const running = arrivals.filter(({ runningMs }) => runningMs !== null).length;
  return {
    deployment: 'd15',
    module: 'counter',
    place: 0,
    removes: false,
    nodes: count,
    counts: { known: arrivals.length, fetched: arrivals.length, running, healthy: running },
    source: 'nodes',
    recorded: arrivals.length,
    times: { known: [1_900, 3_000, 3_300, 3_500], fetched: [2_000, 3_100, 3_400, 3_600], running: [2_900, null, null, null] },
  };
}

export function clusterEntry(count: number, changes: Partial<ClusterEntry> = {}): ClusterEntry {
  return {
    name: 'production',
    id: 'c0ffee',
    known: count,
    answered: count - 7,
    converged: false,
    sample: null,
    newest: [
      { module: 'counter', deployment: 'd15', version: '2.0.1' },
      { module: 'membership', deployment: 'd12', version: '1.4.0' },
    ],
    lookedAt: 1_700_000_000_000,
    error: null,
    events: null,
    ...changes,
  };
}

export const PROBLEMS: readonly ProblemEntry[] = [
  {
    kind: 'silent',
    module: null,
    nodes: [idOf(139)],
    text: 'no answer: node136, node275, node414, node553, node692, node831 and 1 more; nobody can say what they run',
  },
  {
    kind: 'failed',
    module: 'counter',
    nodes: [idOf(211)],
    text: 'counter failed on node208, node419, node630, node841: it ended with code 1 (GOSSIP_E_MODULE_CRASHED)',
  },
  {
    kind: 'held',
    module: 'counter',
    nodes: [idOf(83)],
    text: 'counter is held on node80, node163, node246, node329, node412, node495 and 6 more: it failed three times within a minute (GOSSIP_E_HELD)',
  },
  {
    kind: 'behind',
    module: 'counter',
    nodes: [idOf(47)],
    text: 'counter is behind on node44, node91, node138, node185, node232, node279 and 15 more: fetching the code of d15',
  },
];

/** The whole of it, as the page is told it first. */
export function largePage(count: number): Told {
  const arrivals = arrivalsOf(count);
  return {
    whole: true,
    entries: [
      ['cluster', clusterEntry(count)],
      ['problems', PROBLEMS],
      ...nodesOf(count).map((node) => [`node ${node.id}`, node] as const),
      ['spread d15', spreadOf(count, arrivals)],
      ...arrivals.map((arrival) => [`arrival d15 ${arrival.node}`, arrival] as const),
    ],
  };
}
