/** Where results go: a directory of their own, or the reports of the project. Written after each bench: what is measured is not lost. */
import { access, constants, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ROOT } from '../../scripts/project.mjs';
import { writeReport } from '../../scripts/report.ts';
import { BROKEN_OFF } from '../harness/bench.ts';
import type { Section } from '../harness/run.ts';
import { headlineMarkdown, reportMarkdown } from './markdown.ts';
import { plotSvg } from './plot-svg.ts';

/** Where everything goes that a run finds. */
export interface Target {
  readonly directory: string;
  /** What stands there of other benches. */
  readonly before: readonly Section[];
  readonly isProject: boolean;
}

const REPORTS = 'docs/reports';
const PICTURES = 'bench';
const SAMPLES = 'bench.json';

/**
 * A directory for the results, by default a new one. What another run left in it of other benches stays. Throws before an hour has gone when nothing can be
 * written there, or what it holds is not understood.
 */
export async function directoryTarget(out: string | undefined): Promise<Target> {
  const directory = out === undefined ? await mkdtemp(join(tmpdir(), 'gossip-bench-')) : resolve(out);
  await mkdir(join(directory, PICTURES), { recursive: true });
  await access(directory, constants.W_OK);
  return { directory, before: await sectionsIn(directory), isProject: false };
}

/** The project's own reports: benches that are not run this time stay as they were. */
export async function projectTarget(): Promise<Target> {
  const directory = join(ROOT, REPORTS);
  await mkdir(join(directory, PICTURES), { recursive: true });
  return { directory, before: await sectionsIn(directory), isProject: true };
}

async function sectionsIn(directory: string): Promise<readonly Section[]> {
  const path = join(directory, SAMPLES);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]';
    throw error;
  });
  try {
    const sections = JSON.parse(text) as unknown;
    if (Array.isArray(sections) && sections.every((section) => typeof Object(section).bench === 'string')) return sections as Section[];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Error(`${path} is not what benches write; it would be lost`);
}

/** `order`: names of all benches. Gives the names of what was written. */
export async function writeMeasured(
  { directory, before, isProject }: Target,
  now: readonly Section[],
  order: readonly string[],
): Promise<string[]> {
  const sections = merge(before, now, order);
  const files = [
    { path: SAMPLES, text: samplesJson(sections) },
    { path: 'bench.md', text: reportMarkdown(sections, PICTURES) },
    ...sections.flatMap(({ plots }) => plots.map((plot) => ({ path: `${PICTURES}/${plot.name}.svg`, text: plotSvg(plot) }))),
  ];
  for (const { path, text } of files) await writeFile(join(directory, path), text);
  if (isProject) await writeReport('README.md', 'bench', headlineMarkdown(sections, `${REPORTS}/${PICTURES}`));
  return [...files.map(({ path }) => join(directory, path)), ...(isProject ? [join(ROOT, 'README.md')] : [])];
}

/** Benches that were not run this time stay as they were, and so do those that were broken off; those that are no more go. */
export function merge(before: readonly Section[], now: readonly Section[], order: readonly string[]): Section[] {
  const [ended, parts] = [now.filter(({ error }) => error !== BROKEN_OFF), now.filter(({ error }) => error === BROKEN_OFF)];
  return order.flatMap((name) => [...ended, ...before, ...parts].find(({ bench }) => bench === name) ?? []);
}

/** A bench on each line, so that a difference tells which of them was run again. */
function samplesJson(sections: readonly Section[]): string {
  return `[\n${sections.map((section) => JSON.stringify(section, rounded)).join(',\n')}\n]\n`;
}

/** Nanoseconds of a clock are no information. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}
