/** The cluster's status as a table of groups: how many nodes are alike, and which differ from the most. */
import { groupsOf } from '../status/groups.ts';
import type { GroupState, NodeGroup } from '../status/groups.ts';
import { reasonText } from '../status/progress.ts';
import { shareText } from '../status/share.ts';
import type { ClusterStatus } from '../status/status.ts';
import type { Cell, Table, Tone } from './cells.ts';
import { namesOf } from './names.ts';
import { TONES } from './status-table.ts';

/** Up to so many nodes a line for each is short enough. */
export const MOST_LISTED = 12;

const OTHER_TONES: Readonly<Record<string, Tone>> = { unreachable: 'bad', gone: 'dim', left: 'dim', none: 'dim' };
const WORDS: Partial<Record<GroupState, string>> = { none: 'no module' };

/** With `all` also those that have left or are gone. */
export function groupTable(status: ClusterStatus, { all = false } = {}): Table {
  const groups = groupsOf(status, { all });
  const isSampled = status.sample !== null;
  return {
    head: ['nodes', ...(isSampled ? ['of all'] : []), 'module', 'deployment', 'version', 'state', 'which'],
    rows: groups.map((group) => [
      { text: String(group.nodes.length) },
      ...(isSampled ? [{ text: group.share === undefined ? '' : shareText(group.share) }] : []),
      { text: group.module ?? '' },
      { text: group.deployment ?? (group.module === null ? '' : '-') },
      { text: group.version ?? '' },
      stateCell(group),
      { text: whichText(group, groups) },
    ]),
    spare: ['version'],
  };
}

function stateCell({ state, isWrong }: NodeGroup): Cell {
  const tone = TONES[state as keyof typeof TONES] ?? OTHER_TONES[state];
  return { text: WORDS[state] ?? state, tone: isWrong && tone === 'good' ? 'warn' : (tone ?? 'dim') };
}

/** Those that differ by name, and why; of the most alike of a module there is nothing to name. */
function whichText(group: NodeGroup, groups: readonly NodeGroup[]): string {
  const { module, nodes, why, isAlike, isWrong } = group;
  const most = Math.max(...groups.filter((other) => other.module === module).map((other) => other.nodes.length));
  const names = !isWrong && nodes.length === most ? '' : namesOf(nodes);
  const reason = why === null ? '' : `${reasonText(why)}${isAlike ? '' : ', and alike'}`;
  return [names, reason].filter((text) => text !== '').join(': ');
}
