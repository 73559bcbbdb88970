/** The nodes of a cluster as they answer, and whether they can be called: each rendezvous node, then whatever is not well with any node. */
import type { NodeStatus } from '../../api/status.ts';
import { ERRORS } from '../../model/errors.ts';
import type { Failure } from '../../model/errors.ts';
import { formatDuration } from '../../model/duration.ts';
import type { OperatorCluster } from '../cluster/clusters.ts';
import { isApart } from '../cluster/root-view.ts';
import { namesOf } from '../render/names.ts';
import type { Sighting } from '../status/gather.ts';
import { toldFindings } from './sources.ts';
import { DRILL_WORDS } from '../drill/drill-code.ts';
import { failed, ok, problem, warning } from './finding.ts';
import type { Finding } from './finding.ts';

export interface Looked {
  readonly cluster: Pick<OperatorCluster, 'root'>;
  readonly sightings: readonly Sighting[];
  /** Version of this program. */
  readonly version: string;
  /** When the nodes were asked, by this machine's clock. */
  readonly now: number;
}

/** Tokens and farewells are judged by clocks, and logs are merged by them. */
const CLOCK_MS = 30_000;
/** Of its quota. */
const FULL = 0.9;

export function nodeFindings(looked: Looked): readonly Finding[] {
  const { cluster, sightings } = looked;
  const { rendezvous } = cluster.root.root;
  const ofRendezvous = rendezvous.flatMap(({ id, name, address }): readonly Finding[] => {
    const seen = sightings.find(({ node }) => node.id === id);
    if (seen === undefined) return [problem(name, `${address} was not asked`, 'Run it again.')];
    if ('error' in seen.answer) return [failed(name, seen.answer.error)];
    const troubles = troublesOf(seen.answer.status, looked);
    const well = ok(name, `answers at ${seen.node.address}, version ${seen.answer.status.version}`);
    return [...(troubles.length > 0 ? troubles : [well]), ...toldFindings(name, seen.answer.status.joinFrom)];
  });
  const others = sightings.filter(({ node }) => rendezvous.every(({ id }) => id !== node.id));
  const answered = others.flatMap(({ answer }) => ('status' in answer ? [answer.status] : []));
  const silent = others.filter(({ answer, belief = 'member' }) => 'error' in answer && belief === 'member');
  return [
    ...ofRendezvous,
    ...quorumFindings(rendezvous.length),
    ...answered.flatMap((status) => [...troublesOf(status, looked), ...toldFindings(status.name || status.address, status.joinFrom)]),
    ...silent.map(({ node, answer }) => failed(node.name || node.address, 'error' in answer ? answer.error : null)),
    ...(answered.length > 0
      ? [ok('nodes', `${answered.length === 1 ? 'one other answers' : `${answered.length} others answer`}: ${namesOf(answered)}`)]
      : []),
  ];
}

function quorumFindings(count: number): readonly Finding[] {
  if (count >= 3) return [];
  return [
    warning(
      'rendezvous',
      `there ${count === 1 ? 'is 1 rendezvous node' : `are ${count} rendezvous nodes`}: when one is down, nodes that have lost everybody find nobody by it, and none has a fresh majority`,
      "Have three: 'gossip cluster rendezvous add'.",
    ),
  ];
}

function troublesOf(status: NodeStatus, looked: Looked): readonly Finding[] {
  const about = status.name || status.address;
  const told = (failure: Failure | null | undefined, level: typeof problem): readonly Finding[] =>
    failure === null || failure === undefined ? [] : [level(about, failure.message, ERRORS[failure.code].advice, failure.code)];
  return [
    ...told(status.outside, problem),
    ...told(status.outgoing.error, problem),
    ...told(status.incoming?.error, problem),
    ...told(status.disk.error, problem),
    ...status.alarms.flatMap((alarm) => told(alarm, problem)),
    ...status.modules
      .filter(({ state }) => state === 'held' || state === 'failed')
      .flatMap(({ name, state, why }) =>
        why === null
          ? []
          : [problem(about, `${name} ${state === 'held' ? 'is held' : 'has failed'}: ${why.message}`, remedyOf(why), why.code)],
      ),
    ...clockFindings(about, status, looked),
    ...rootFindings(about, status, looked),
    ...quotaFindings(about, status),
    ...proxyFindings(about, status),
    ...(status.version === looked.version
      ? []
      : [
          warning(
            about,
            `runs version ${status.version}, and this program is ${looked.version}`,
            'Bring all to one version; docs/compatibility.md says which speak with each other.',
          ),
        ]),
    ...((status.strain?.level ?? 1) > 1
      ? [
          warning(
            about,
            `is behind: its rounds take ${status.strain?.level} times as long`,
            'Its machine has too much to do; give it more of a processor.',
          ),
        ]
      : []),
    ...(status.isolation === 'permission-model'
      ? [warning(about, 'its system allows no namespaces: modules are less well isolated', 'Allow unprivileged user namespaces there.')]
      : []),
    ...(status.freshness?.fresh === false
      ? [
          warning(
            about,
            'is stale: most rendezvous nodes have not confirmed for an hour what it holds',
            'See whether it reaches the rendezvous nodes, and whether these run.',
          ),
        ]
      : []),
  ];
}

function clockFindings(about: string, { time }: NodeStatus, { now }: Looked): readonly Finding[] {
  const off = time === undefined ? 0 : time - now;
  if (Math.abs(off) < CLOCK_MS) return [];
  const ahead = off > 0 ? 'ahead of' : 'behind';
  return [
    warning(
      about,
      `its clock is ${formatDuration(Math.abs(off))} ${ahead} this machine's`,
      'Set the wrong one of the two; run a time service (NTP) on both.',
    ),
  ];
}

function rootFindings(about: string, status: NodeStatus, { cluster }: Looked): readonly Finding[] {
  const { root: held } = cluster;
  const version = status.root?.version;
  if (version === undefined) return [];
  if (isApart(held, status))
    return [
      problem(
        about,
        `holds another version ${version} of the root than this home`,
        "See 'gossip cluster show', then 'gossip cluster recover'.",
        'GOSSIP_E_ROOT_TWICE',
      ),
    ];
  if (version >= held.root.version) return [];
  return [
    warning(
      about,
      `holds version ${version} of the root, and this home ${held.root.version}`,
      'It catches up by gossip; where it does not, see what keeps it from its peers.',
    ),
  ];
}

function proxyFindings(about: string, { connections }: NodeStatus): readonly Finding[] {
  return (connections?.proxies ?? []).flatMap(({ proxy, error }) =>
    error === null ? [] : [warning(about, `its proxy ${proxy} opens no tunnel: ${error.message}`, ERRORS[error.code].advice, error.code)],
  );
}

function quotaFindings(about: string, { disk: { contentBytes, quotaBytes } }: NodeStatus): readonly Finding[] {
  if (quotaBytes === undefined || contentBytes < FULL * quotaBytes) return [];
  return [
    warning(
      about,
      `code takes ${Math.round((100 * contentBytes) / quotaBytes)} % of what it may`,
      'Give it more with --quota; older code goes first.',
      'GOSSIP_E_DISK',
    ),
  ];
}

function remedyOf({ code, message }: Failure): string {
  return message.includes(DRILL_WORDS)
    ? "If nobody holds a drill now, one was not ended: 'gossip drill --heal' brings back what ran before."
    : ERRORS[code].advice;
}
