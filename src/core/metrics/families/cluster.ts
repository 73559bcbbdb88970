/** What the node knows of its cluster: root, peers, freshness, alarms, and how fast deployments come. */
import type { ModuleStatus, PeerStatus } from '../../../api/status.ts';
import { histogramOf, single } from '../family.ts';
import type { Family } from '../family.ts';

const PEER_STATES = ['answering', 'failing', 'unproven', 'left'] as const;
const MODULE_STATES: readonly ModuleStatus['state'][] = ['running', 'updating', 'held', 'failed', 'stopped'];

export const CLUSTER_FAMILIES: readonly Family[] = [
  {
    name: 'gossip_node_info',
    type: 'gauge',
    labels: ['name', 'id', 'cluster', 'version', 'isolation'],
    help: 'Always 1: which node of which cluster this is, the version of the program, and how its modules are isolated',
    read: ({ status: { name, id, cluster, version, isolation } }) => [{ labels: { name, id, cluster, version, isolation }, value: 1 }],
  },
  single('gauge', 'gossip_uptime_seconds', 'Since the node was started', ({ status }) => status.uptimeMs / 1_000),
  single('gauge', 'gossip_incarnation', 'The number of this start of the node', ({ status }) => status.incarnation),
  single('gauge', 'gossip_rendezvous', '1 on a rendezvous node', ({ status }) => status.rendezvous),
  single('gauge', 'gossip_trust_epoch', 'Trust epoch of the root that the node follows', ({ status }) => status.epoch),
  single('gauge', 'gossip_root_version', 'Version of the root that the node follows', ({ status }) => status.root?.version),
  single(
    'gauge',
    'gossip_node_notes',
    'Notes about nodes that the node holds: revoked, admitted, forgotten ones, and revoked tokens',
    ({ status }) => status.notes?.count,
  ),
  single(
    'gauge',
    'gossip_deployment_highest_sequence',
    'Highest sequence of a deployment that the node knows of, of any module',
    ({ status }) => status.highestSequence,
  ),
  single('gauge', 'gossip_hints', 'Peers whose addresses the node knows', ({ status }) => status.peers.length),
  {
    name: 'gossip_peers',
    type: 'gauge',
    labels: ['state'],
    help: 'Peers whose addresses the node knows, by state: answering when called last, failing since, unproven (never answered this node), or left with a goodbye',
    read: ({ status: { peers } }) => {
      const byState = Map.groupBy(peers, stateOf);
      return PEER_STATES.map((state) => ({ labels: { state }, value: byState.get(state)?.length ?? 0 }));
    },
  },
  single('gauge', 'gossip_view_peers', 'Peers in the active view: whom the node speaks with', ({ status }) => status.view?.length),
  single(
    'gauge',
    'gossip_stale',
    '1 when most rendezvous nodes have not confirmed for an hour of rounds that the node holds what they hold',
    ({ status }) => status.freshness?.fresh === false,
  ),
  single(
    'gauge',
    'gossip_confirmed_age_seconds',
    'Since most rendezvous nodes last confirmed what the node holds; absent where none has since the start',
    ({ status }) => seconds(status.freshness?.confirmedMs),
  ),
  {
    name: 'gossip_alarms',
    type: 'gauge',
    labels: ['code'],
    help: 'What a person must look at, by the code of the error',
    read: ({ status: { alarms } }) =>
      [...Map.groupBy(alarms, ({ code }) => code)].map(([code, { length }]) => ({ labels: { code }, value: length })),
  },
  {
    name: 'gossip_modules',
    type: 'gauge',
    labels: ['state'],
    help: 'Modules that the node knows of, by state; removed ones count as stopped while the node tells of them',
    read: ({ status: { modules } }) => {
      const byState = Map.groupBy(modules, ({ state }) => state);
      return MODULE_STATES.map((state) => ({ labels: { state }, value: byState.get(state)?.length ?? 0 }));
    },
  },
  single(
    'gauge',
    'gossip_modules_omitted',
    'Modules that are not told one by one, because there are more than 256',
    ({ omitted }) => omitted,
  ),
  {
    name: 'gossip_deployment_known_delay_seconds',
    type: 'histogram',
    labels: [],
    help: 'From the making of a deployment, by the clock of its origin, until this node knew it; of those made since the start of the node',
    read: ({ spread }) => histogramOf(spread.known),
  },
  {
    name: 'gossip_deployment_running_delay_seconds',
    type: 'histogram',
    labels: [],
    help: 'From the making of a deployment, by the clock of its origin, until it ran here; of those made since the start of the node',
    read: ({ spread }) => histogramOf(spread.running),
  },
];

function stateOf({ left, proven, failures }: PeerStatus): (typeof PEER_STATES)[number] {
  if (left !== undefined) return 'left';
  if (!proven) return 'unproven';
  return failures > 0 ? 'failing' : 'answering';
}

function seconds(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : ms / 1_000;
}
