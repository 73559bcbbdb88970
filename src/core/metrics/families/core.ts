/** What the core costs, how it does, and what it does by itself. */
import type { Side } from '../../adapters/traffic.ts';
import { histogramOf, oneOf, single } from '../family.ts';
import type { Family, Sample } from '../family.ts';

const SIDES: readonly Side[] = ['asked', 'answered'];

export const CORE_FAMILIES: readonly Family[] = [
  {
    name: 'gossip_exchange_core_seconds',
    type: 'histogram',
    labels: ['side'],
    help: "Time that an answered exchange of modules spent in this node's core, without network and modules; side: this node's module asked, or answered",
    read: ({ traffic }) => SIDES.flatMap((side) => histogramOf(traffic[side].core, { side })),
  },
  {
    name: 'gossip_exchange_bytes_total',
    type: 'counter',
    labels: ['side', 'part'],
    help: "Bytes of answered exchanges: part body is the modules' messages, part added the headers that the protocol adds to them",
    read: ({ traffic }) =>
      SIDES.flatMap((side): Sample[] => [
        { labels: { side, part: 'body' }, value: traffic[side].bodyBytes },
        { labels: { side, part: 'added' }, value: traffic[side].addedBytes },
      ]),
  },
  {
    name: 'gossip_configuration_exchanges_total',
    type: 'counter',
    labels: ['outcome'],
    help: "The cores' own exchanges of configurations that this node began: backup gossip, rumors and what follows from them",
    read: ({ traffic: { configurations } }) => [
      { labels: { outcome: 'answered' }, value: configurations.answered },
      { labels: { outcome: 'failed' }, value: configurations.failed },
    ],
  },
  {
    name: 'gossip_loop_lag_seconds',
    type: 'histogram',
    labels: [],
    help: "How late the node's own timer was, looked at once a second",
    read: ({ work }) => histogramOf(work.lateness),
  },
  single(
    'gauge',
    'gossip_strain',
    'How much the node is behind, from 1 (not at all) to 8: its rounds are so many times longer',
    ({ status }) => status.strain?.level,
  ),
  single(
    'gauge',
    'gossip_processor_wait_ratio',
    'How many times as long as the node has a processor it waits for one; 0 where the system does not tell',
    ({ status }) => status.strain?.waiting,
  ),
  single('counter', 'gossip_rounds_total', 'Rounds of backup gossip', ({ work }) => work.rounds),
  single(
    'counter',
    'gossip_rounds_stretched_total',
    'Rounds of backup gossip that were made longer because the node was strained',
    ({ work }) => work.stretchedRounds,
  ),
  single('counter', 'gossip_backup_exchanges_total', 'Exchanges that backup gossip began', ({ work }) => work.backups),
  single(
    'gauge',
    'gossip_backup_fast',
    '1 while backup gossip is fast, because something is wrong',
    ({ status }) => status.backup.rate === 'fast',
  ),
  {
    name: 'gossip_handshakes_total',
    type: 'counter',
    labels: ['direction', 'outcome'],
    help: 'Connections with peers: made or failed of its own (out), taken or turned away of others (in); declined: own calls that there was no connection for',
    read: ({ client, server }) => [
      { labels: { direction: 'out', outcome: 'made' }, value: client.done },
      { labels: { direction: 'out', outcome: 'failed' }, value: client.failed },
      { labels: { direction: 'out', outcome: 'declined' }, value: client.declined },
      { labels: { direction: 'in', outcome: 'made' }, value: server.identified },
      { labels: { direction: 'in', outcome: 'refused' }, value: server.turnedAway },
    ],
  },
  {
    name: 'gossip_connections',
    type: 'gauge',
    labels: ['direction'],
    help: 'Connections with peers that are open, handshakes under way not counted',
    read: ({ status: { connections }, server }) => [
      { labels: { direction: 'out' }, value: connections?.made ?? 0 },
      { labels: { direction: 'in' }, value: server.open - server.handshakes },
    ],
  },
  {
    name: 'gossip_handshakes_under_way',
    type: 'gauge',
    labels: ['direction'],
    help: 'Handshakes under way; of its own, those that wait for their turn too',
    read: ({ client, server }) => [
      { labels: { direction: 'out' }, value: client.underWay + client.waiting },
      { labels: { direction: 'in' }, value: server.handshakes },
    ],
  },
  {
    name: 'gossip_trouble',
    type: 'gauge',
    labels: ['what'],
    help: 'What is wrong with the node itself: the disk refuses writes, its own calls (outgoing) or those of others (incoming) do not get through, no member lets it in (outside)',
    read: ({ status }) => {
      const troubles = {
        disk: status.disk.error,
        outgoing: status.outgoing.error,
        incoming: status.incoming?.error,
        outside: status.outside,
      };
      return oneOf('what', ['disk', 'outgoing', 'incoming', 'outside'] as const, (what) => (troubles[what] ?? null) !== null);
    },
  },
  single('gauge', 'gossip_code_bytes', 'Disk that code takes, checkouts included', ({ status }) => status.disk.contentBytes),
  single('gauge', 'gossip_code_quota_bytes', 'Disk that code may take (--quota)', ({ status }) => status.disk.quotaBytes),
  single(
    'gauge',
    'gossip_spare_host_resident_memory_bytes',
    'Memory of the process that waits for the next start of a module',
    ({ status }) => status.spareHostBytes,
  ),
  {
    name: 'gossip_event_programs_total',
    type: 'counter',
    labels: ['outcome'],
    help: 'Programs that were started for events (--on): runs, failed runs, and events that no run saw',
    read: ({ status: { handlers = [] } }) =>
      (['runs', 'failed', 'lost'] as const).map((outcome) => ({
        labels: { outcome },
        value: handlers.reduce((sum, handler) => sum + handler[outcome], 0),
      })),
  },
];
