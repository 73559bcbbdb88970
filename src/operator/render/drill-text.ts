/** What `gossip drill` says: how far it is, and at the end a table of times in seconds and rounds. */
import { formatDuration } from '../../model/duration.ts';
import type { CollapseView } from '../drill/collapse.ts';
import type { HealingView } from '../drill/healing.ts';
import { QUANTILES } from '../status/spread.ts';
import type { Table } from './cells.ts';
import { countOfNodes } from './names.ts';

/** One module of a drill that has ended, or is ended. */
export interface DrilledModule {
  readonly module: string;
  /** Absent in `--heal`, which did not see it. */
  readonly collapse?: CollapseView;
  /** Null where somebody else has deployed meanwhile. */
  readonly healing: HealingView | null;
}

/** `4.2s (4 rounds)` */
export function inRounds(ms: number, intervalMs: number): string {
  const rounds = Math.round(ms / intervalMs);
  return `${formatDuration(ms)} (${rounds === 1 ? '1 round' : `${rounds} rounds`})`;
}

/** `counter: known on 20, died on 14 of 20 nodes` */
export function collapseText(module: string, { nodes, known, down }: CollapseView): string {
  return `${module}: known on ${known}, died on ${down} of ${countOfNodes(nodes)}`;
}

/** `counter: known on 20, running 14, healthy 3 of 20 nodes` */
export function healingText(module: string, { spread: { nodes, counts } }: HealingView): string {
  return `${module}: known on ${counts.known}, running on ${counts.running}, healthy on ${counts.healthy} of ${countOfNodes(nodes)}`;
}

/** Times after which so many of the nodes had got there; each row counts from its own beginning. */
export function drillTable(modules: readonly DrilledModule[], intervalMs: number): Table {
  const rows = modules.flatMap(({ module, collapse, healing }) => {
    const { known, running } = healing?.spread.times ?? {};
    const lines: readonly (readonly [string, readonly (number | null)[] | undefined])[] = [
      ['broken: known', collapse?.knownMs],
      ['broken: died', collapse?.downMs],
      ['healed: known', known],
      ['healed: runs', running],
    ];
    return lines.flatMap(([what, times]) =>
      times === undefined ? [] : [[{ text: module }, { text: what }, ...times.map(timeCell), roundsCell(times, intervalMs)]],
    );
  });
  return { head: ['module', '', ...QUANTILES.map((share) => `${100 * share} %`), 'rounds'], rows, spare: [] };
}

function timeCell(ms: number | null) {
  return ms === null ? { text: '-', tone: 'bad' as const } : { text: formatDuration(ms) };
}

/** Until all had got there. */
function roundsCell(times: readonly (number | null)[], intervalMs: number) {
  const last = times.at(-1) ?? null;
  return last === null ? timeCell(null) : { text: String(Math.round(last / intervalMs)) };
}

/** On what state the instances began that healed a module. The drill's code keeps what it was handed, so both are the state of the moment before. */
export function stateText(module: string, { restored, spread: { counts } }: HealingView): string {
  const others = Math.max(0, counts.running - restored);
  const parts = [
    restored === 0 ? '' : `from the checkpoint on ${countOfNodes(restored)}`,
    others === 0 ? '' : `${restored === 0 ? '' : 'and '}from hand to hand on ${countOfNodes(others)}`,
  ].filter((part) => part !== '');
  return `${module}: nothing was scrubbed; its state of before came back ${parts.join(' ')}.`;
}
