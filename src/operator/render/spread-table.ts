/** How many nodes were reached by when, and what it cost them, as tables. */
import { formatDuration } from '../../model/duration.ts';
import { formatSize } from '../units/quantity.ts';
import type { DeploymentReport, GroupReport, Reached, SimulationReport } from '../simulate/report.ts';
import type { Distribution } from '../simulate/statistics.ts';
import type { Cell, Table } from './cells.ts';

export function milestoneTable({ milestones }: DeploymentReport, runs: number): Table {
  return {
    head: ['nodes', 'know it after', 'rounds', 'run it after', 'in rounds'],
    rows: milestones.map(({ percent, known, running }) => [
      { text: `${percent} %` },
      ...[known, running].flatMap((reached) => [timeCell(reached, runs), roundsCell(reached)]),
    ]),
    spare: ['rounds'],
  };
}

export function loadTable({ load }: SimulationReport): Table {
  const rows: (readonly [string, GroupReport])[] = [
    ...(load.nodes === null ? [] : [['other nodes', load.nodes] as const]),
    ['rendezvous nodes', load.rendezvous],
  ];
  return {
    head: ['per node', 'messages out', 'messages in', 'bytes out', 'bytes in', 'busiest out'],
    rows: rows.map(([name, group]) => [
      { text: name },
      countCell(group.sentMessages.mean),
      countCell(group.receivedMessages.mean),
      { text: formatSize(group.sentBytes.mean.p50) },
      { text: formatSize(group.receivedBytes.mean.p50) },
      { text: formatSize(group.sentBytes.busiest.p50) },
    ]),
    spare: ['messages in', 'bytes in'],
  };
}

/** `1.2s (900ms–1.8s)`: the median of the runs, the fastest and the slowest; and how many got there, where not all did. */
function timeCell({ runs, ms }: Reached, of: number): Cell {
  if (ms === null) return { text: 'never', tone: 'bad' };
  const text = spreadText(ms, formatDuration);
  return runs === of ? { text } : { text: `${text}, in ${runs} of ${of} runs`, tone: 'warn' };
}

function roundsCell({ rounds }: Reached): Cell {
  return { text: rounds === null ? '-' : spreadText(rounds, (count) => count.toFixed(1)) };
}

function spreadText({ p50, min, max }: Distribution, format: (value: number) => string): string {
  const [middle, low, high] = [format(p50), format(min), format(max)];
  return low === high ? middle : `${middle} (${low}–${high})`;
}

function countCell({ p50 }: Distribution): Cell {
  return { text: p50 < 10 ? p50.toFixed(1) : p50.toFixed(0) };
}
