/** `npm run bench`: runs the benches, prints each as it ends, and writes what came of them. Resolves with the exit code. */
import { writeMeasured } from '../report/files.ts';
import type { Target } from '../report/files.ts';
import { sectionText } from '../report/terminal.ts';
import type { Bench } from './bench.ts';
import { thisMachine } from './machine.ts';
import { runBench } from './run.ts';
import type { Section } from './run.ts';

export interface Measuring {
  readonly benches: readonly Bench[];
  readonly quick: boolean;
  readonly target: Target;
  /** Names of all benches, in the order of the report. */
  readonly order: readonly string[];
}

/** A lab of a hundred nodes that hang is ended by force within this. */
const GRACE_MS = 90_000;
const INTERRUPTED = 130;

export async function measure({ benches, quick, target, order }: Measuring): Promise<number> {
  const interruption = new AbortController();
  const interrupt = (): void => {
    // The second time at once: labs are ended as the process exits.
    if (interruption.signal.aborted) process.exit(INTERRUPTED);
    say('interrupted: the lab is taken down; again to end at once');
    interruption.abort(new Error('interrupted'));
    setTimeout(() => process.exit(INTERRUPTED), GRACE_MS).unref();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  const machine = thisMachine();
  const sections: Section[] = [];
  let written: readonly string[] = [];
  const kept = target.before.map(({ bench }) => bench).filter((name) => !benches.some((bench) => bench.name === name));
  if (kept.length > 0) say(`${target.directory} keeps what was measured before: ${kept.join(', ')}`);
  for (const bench of benches) {
    if (interruption.signal.aborted) break;
    say(`${bench.name}: ${bench.summary}`);
    const section = await runBench(bench, { quick, machine, signal: interruption.signal, say });
    sections.push(section);
    process.stdout.write(`${sectionText(section)}\n\n`);
    // A part of a bench is for whoever interrupted it, and for no report.
    if (!interruption.signal.aborted || !target.isProject) written = await writeMeasured(target, sections, order);
  }
  process.stdout.write(written.length === 0 ? 'nothing was written\n' : `written: ${written.join(', ')}\n`);
  if (interruption.signal.aborted) return INTERRUPTED;
  return sections.some(({ error }) => error !== undefined) ? 1 : 0;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
