/** All that is known of one node, in words. */
import { formatDuration } from '../../model/duration.ts';
import type { NodeId } from '../../model/names.ts';
import type { DetailsAnswer } from '../../dashboard/wire.ts';
import { shortHash } from '../render/cells.ts';
import { mebibytes } from '../render/mebibytes.ts';
import { reasonText, restoredText } from '../status/progress.ts';
import type { ModuleRow } from '../status/module-row.ts';
import type { NodeRow } from '../status/status.ts';

type Fact = readonly [label: string, text: string];

/** `nameOf`: names of nodes by their ids. */
export function detailsOf(node: NodeRow, nameOf: (id: NodeId) => string | undefined): DetailsAnswer {
  return {
    name: node.name || node.address,
    facts: [...identity(node), ...(node.error === undefined ? condition(node, nameOf) : silence(node))],
    modules: node.modules.map((row) => ({ name: row.name, facts: moduleFacts(row) })),
  };
}

function identity({ id, address, rendezvous, version, isolation, incarnation, uptimeMs }: NodeRow): Fact[] {
  return [
    ['id', id],
    ['address', address],
    ['role', rendezvous ? 'rendezvous node' : 'node'],
    ...fact('version', version),
    ...fact('isolation of hosts', isolation),
    ...fact('runs since', uptimeMs === null ? null : `${formatDuration(uptimeMs)} (start ${incarnation})`),
  ];
}

function silence({ error, silentMs, belief = 'member' }: NodeRow): Fact[] {
  return [
    ['no answer', error === undefined ? '' : reasonText(error)],
    ['believed to be', belief],
    ...fact('not heard of for', silentMs === undefined ? null : formatDuration(silentMs)),
  ];
}

function condition(node: NodeRow, nameOf: (id: NodeId) => string | undefined): Fact[] {
  const { view, backup, digest, quota, disk, outgoing, incoming, outside, strain, freshness, connections, handlers, alarms } = node;
  return [
    ...alarms.map((alarm): Fact => ['alarm', reasonText(alarm)]),
    ...fact('disk', disk && reasonText(disk)),
    ...fact('reaches no peer', outgoing && reasonText(outgoing)),
    ...fact('cannot be called', incoming && reasonText(incoming)),
    ...fact('not let in', outside && reasonText(outside)),
    ...fact('configuration', digest && shortHash(digest)),
    ...fact('backup gossip', backup && `${backup.rate}: ${backup.why}`),
    ...fact('speaks with', view && view.map((id) => nameOf(id) ?? shortHash(id)).join(', ')),
    ...fact('code on disk', quota && `${mebibytes(quota.usedBytes)} of ${mebibytes(quota.quotaBytes)} MiB`),
    ...fact('strain', strain ? `${strain.level} (timers ${strain.lateMs} ms late, ${strain.timeouts} calls timed out)` : null),
    ...fact('waits for a processor', strain?.waiting === undefined ? null : `${strain.waiting} times as long as it runs`),
    ...fact('confirmed as newest', agoText(freshness?.confirmedMs)),
    ...fact('connections', connections ? `${connections.made} made, ${connections.taken} taken` : null),
    ...(handlers ?? []).map(({ handler, runs, failed, lost }): Fact => [
      'handler',
      `${handler}: ${runs} runs, ${failed} failed, ${lost} events lost`,
    ]),
  ];
}

function moduleFacts(row: ModuleRow): Fact[] {
  const { deployment, version, code, state, sinceMs, why, restarts, residentBytes, processor, stateEpoch, health } = row;
  return [
    ['state', `${state} for ${formatDuration(sinceMs)}`],
    ...fact('why', why === undefined ? null : reasonText(why)),
    ...fact('runs', deployment === null ? null : `${deployment}${version === null ? '' : ` (${version})`}`),
    ...fact('code', code && shortHash(code)),
    ['restarts', String(restarts)],
    ...fact('memory', residentBytes === null ? null : `${mebibytes(residentBytes)} MiB`),
    ...fact('processor', processor === null ? null : `${(100 * processor).toFixed(1)} % of a core`),
    ...fact('healthy for', health?.healthyMs === undefined ? null : formatDuration(health.healthyMs)),
    ...fact('exchanges', health?.exchanges ? `${health.exchanges.answered} answered, ${health.exchanges.failed} failed` : null),
    ...fact('checkpoint', checkpointText(health?.checkpoint)),
    ...fact('began', health === undefined ? null : restoredText(health)),
    ['state epoch', String(stateEpoch)],
  ];
}

function checkpointText(checkpoint: NonNullable<ModuleRow['health']>['checkpoint']): string | null {
  if (checkpoint === undefined) return null;
  if (checkpoint.error) return `cannot be taken: ${reasonText(checkpoint.error)}`;
  return checkpoint.ageMs === null ? 'none yet' : `${formatDuration(checkpoint.ageMs)} old`;
}

function agoText(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : `${formatDuration(ms)} ago`;
}

/** Nothing where there is nothing to say. */
function fact(label: string, text: string | null | undefined): Fact[] {
  return text === null || text === undefined || text === '' ? [] : [[label, text]];
}
