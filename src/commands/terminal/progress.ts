/** Progress on stderr, and only on a terminal. */
import { safeText } from '../../model/safe-text.ts';
import type { Deployed } from '../../operator/deploy/deploy.ts';
import type { Seen } from '../../operator/status/await-rollout.ts';
import { PATIENCE_MS } from '../../operator/status/await-rollout.ts';
import { formatDuration } from '../../model/duration.ts';
import { countOfNodes, namesApart, namesOf } from '../../operator/render/names.ts';
import { terminalColumns } from './columns.ts';

export interface Progress {
  update(text: string): void;
  /** Prints something that stays, above what is redrawn. */
  above(print: () => void): void;
  stop(): void;
}

const SILENT: Progress = { update: () => undefined, above: (print) => print(), stop: () => undefined };

export async function startProgress(text: string, silent: boolean, stream: NodeJS.WriteStream = process.stderr): Promise<Progress> {
  // A terminal that does not know its width, as some programs make them, would have ora erase endlessly.
  if (silent || terminalColumns(0, stream) === 0) return SILENT;
  const { default: ora } = await import('ora');
  // Left to itself, ora takes Ctrl-C away from the terminal and then does not hear it.
  const spinner = ora({ text: safeLines(text), stream, discardStdin: false }).start();
  return {
    update: (next) => void (spinner.text = safeLines(next)),
    above: (print) => {
      spinner.clear();
      print();
    },
    stop: () => void spinner.stop(),
  };
}

/** Its line breaks are ours; whatever else steers a terminal came from a node. */
export function safeLines(text: string): string {
  return text
    .split('\n')
    .map((line) => safeText(line))
    .join('\n');
}

/** `d2 runs on 7 of 10 nodes after 1.2s; waiting for node3 (updating), …` */
export function progressText(deployed: Pick<Deployed, 'name' | 'record'>, seen: Seen): string {
  const waiting = namesApart(seen.stragglers)
    .slice(0, 3)
    .map(({ name: node, why }) => `${node} (${why})`);
  const rest = waiting.length === 0 ? '' : `; waiting for ${waiting.join(', ')}${seen.stragglers.length > 3 ? ', …' : ''}`;
  const silent = seen.silent.length === 0 ? '' : `; no answer from ${namesOf(seen.silent)}`;
  return `${progressHead(deployed, seen)} ${seen.done} of ${countOfNodes(awaited(seen))} after ${formatDuration(seen.elapsedMs)}${rest}${patienceText(seen)}${silent}`;
}

/** A removal runs nowhere, and what was replaced does not either. */
export function progressHead({ name, record }: Pick<Deployed, 'name' | 'record'>, { superseded }: Pick<Seen, 'superseded'>): string {
  const which = superseded === 0 ? name : `${name}, or a newer deployment,`;
  return record.deployment.code === null ? `${which} is in force on` : `${which} runs on`;
}

/** Of so many nodes it must be: those that may run it, whether they answer or not. */
function awaited({ reachable, elsewhere, silent, stragglers, unheard, calling }: Seen): number {
  const unaware = calling.filter(({ id }) => stragglers.some((straggler) => straggler.id === id));
  return reachable - elsewhere + unheard + silent.length + unaware.length;
}

/** While others have it, a node that holds may still follow: how long it gets. */
function patienceText({ done, stragglers }: Seen): string {
  const isHeld = done > 0 && stragglers.length > 0 && stragglers.every(({ progress }) => progress === 'stuck');
  return isHeld ? `; held nodes get ${formatDuration(PATIENCE_MS)} to follow` : '';
}
