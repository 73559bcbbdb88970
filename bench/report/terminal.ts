/** One bench, as it is printed when it has ended. */
import type { Section } from '../harness/run.ts';
import { FIGURE_HEAD, figureRow, table } from './figures.ts';
import { plotText } from './plot-text.ts';
import { surroundingsLines } from './surroundings.ts';

export function sectionText(section: Section): string {
  const { bench, figures, plots, remarks, error, tookMs } = section;
  const failed = figures.flatMap(({ name, failed: reasons = [] }) => reasons.map((reason) => `${name}: ${reason}`));
  return [
    `${bench}, in ${Math.round(tookMs / 1_000)} s`,
    ...(error === undefined ? [] : [`It came to no end: ${error}`]),
    ...(figures.length === 0 ? [] : [table(FIGURE_HEAD, figures.map(figureRow))]),
    ...plots.map((plot) => `\n${plotText(plot)}\n`),
    ...[...failed, ...remarks, ...surroundingsLines(section)].map((line) => `- ${line}`),
  ].join('\n');
}
