/** The whole report in Markdown, and the table that the README shows of it. */
import type { Section } from '../harness/run.ts';
import { FIGURE_HEAD, figureRow, table } from './figures.ts';
import { machineLine, surroundingsLines } from './surroundings.ts';

/** `pictures`: where the plots lie, seen from the report. */
export function reportMarkdown(sections: readonly Section[], pictures: string): string {
  return [
    '# What came of the benches',
    '',
    'Written by `npm run bench`, never by hand. Each figure is the median of its samples with the span from the 10th to the 90th percentile, its baseline is of the same run.',
    '',
    ...sections.flatMap((section) => sectionMarkdown(section, pictures)),
  ]
    .join('\n')
    .replace(/\n+$/, '\n');
}

function sectionMarkdown(section: Section, pictures: string): string[] {
  const { bench, summary, figures, plots, remarks, error } = section;
  const failed = figures.flatMap(({ name, failed: reasons = [] }) => reasons.map((reason) => `${name}: ${reason}`));
  return [
    `## ${bench}`,
    '',
    summary,
    '',
    `${machineLine(section)}${section.quick ? '; with --quick' : ''}.`,
    '',
    ...(error === undefined ? [] : [`**It came to no end:** ${error.split('\n', 1)[0]}`, '']),
    ...(figures.length === 0
      ? []
      : [
          table(
            FIGURE_HEAD,
            figures.map((figure) => figureRow(figure).map(escapeCell)),
          ),
          '',
        ]),
    ...plots.flatMap(({ name, title }) => [`![${title}](${pictures}/${name}.svg)`, '']),
    ...[...failed, ...remarks, ...surroundingsLines(section)].map((line) => `- ${line.replaceAll('<', '&lt;')}`),
    '',
  ];
}

/** Figures that stand for the whole; each section says when and where it was measured, the newest stands for all. */
export function headlineMarkdown(sections: readonly Section[], pictures: string): string {
  const head = sections.flatMap(({ figures }) => figures.filter(({ headline }) => headline === true));
  const newest = sections.toSorted((a, b) => (a.date < b.date ? 1 : -1))[0];
  if (newest === undefined) return 'Nothing was measured yet.';
  const plot = sections.find(({ bench }) => bench === 'propagation')?.plots[0];
  const columns = FIGURE_HEAD.slice(0, -1);
  return [
    table(
      columns,
      head.map((figure) => figureRow(figure).slice(0, -1).map(escapeCell)),
    ),
    '',
    ...(plot === undefined ? [] : [`![${plot.title}](${pictures}/${plot.name}.svg)`, '']),
    `${machineLine(newest)}. ${surroundingsLines(newest)[0]}${earlierNote(sections, newest)}`,
  ].join('\n');
}

/** Which benches the line about the newest one does not speak of. */
function earlierNote(sections: readonly Section[], newest: Section): string {
  const earlier = sections.filter(({ machine }) => machine.commit !== newest.machine.commit);
  if (earlier.length === 0) return '';
  return ` That is of ${newest.bench}; measured earlier, at other commits: ${earlier.map(({ bench }) => bench).join(', ')}.`;
}

function escapeCell(cell: string): string {
  return cell.replaceAll('|', '\\|');
}
