/** A table of nodes and their module that is redrawn in place on a terminal; nothing where there is none. */
import { safeText } from '../../model/safe-text.ts';
import type { ModuleStatus } from '../../api/status.ts';
import { formatDuration } from '../../model/duration.ts';
import type { Sighting } from '../../operator/status/gather.ts';
import { fitText, padText } from '../../operator/render/width.ts';
import { terminalColumns } from './columns.ts';

export interface LiveTable {
  show(nodes: readonly Sighting[]): void;
  /** Shows one line in the table's place. */
  text(line: string): void;
  /** Prints something above the table. */
  line(print: () => void): void;
  clear(): void;
}

export async function liveTable(silent: boolean): Promise<LiveTable> {
  if (silent || terminalColumns(0) === 0)
    return { show: () => undefined, text: () => undefined, line: (print) => print(), clear: () => undefined };
  const { createLogUpdate } = await import('log-update');
  const update = createLogUpdate(process.stdout);
  return {
    show: (nodes) => update(nodes.flatMap(rows).map(fitted).join('\n')),
    text: (line) => update(fitted(line)),
    line: (print) => {
      update.clear();
      print();
    },
    clear: () => update.clear(),
  };
}

/** One line each, however narrow the terminal is. */
function fitted(line: string): string {
  return fitText(safeText(line), terminalColumns(1));
}

function rows({ node, answer }: Sighting): string[] {
  const name = `  ${padText(node.name, 12)}`;
  if ('error' in answer) return [`${name} ${answer.error.message}`];
  const { modules } = answer.status;
  return modules.length === 0 ? [`${name} no module yet`] : modules.map((module) => `${name} ${moduleText(module)}`);
}

function moduleText({ name, deployment, version, state, sinceMs, why }: ModuleStatus): string {
  const running = padText(`${deployment ?? '-'} ${version ?? ''}`, 18);
  return `${name} ${running} ${state.padEnd(8)} ${formatDuration(sinceMs).padStart(5)}  ${why?.message ?? ''}`;
}
