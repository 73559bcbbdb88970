/** A plot as lines of text. */
import { plot as draw } from 'simple-ascii-chart';
import { ticks, tickText } from '../../src/operator/render/axis.ts';
import type { Plot, Series } from '../harness/figure.ts';
import { scaleOf } from './scale.ts';
import type { Scale } from './scale.ts';

const [COLUMNS, ROWS] = [72, 14];
const TIME_MARKS = 6;
/** One for each series; plain text has no colours. */
const LETTERS = ['█', '░', '+', 'o', 'x', '*'];

export function plotText(plot: Plot): string {
  const scale = scaleOf(plot);
  const lines = plot.series.map((series) => placed(plot, series, scale)).filter((line) => line.length > 0);
  const top = Math.max(0, ...lines.flat().map(([, y]) => y));
  if (top === 0) return `${plot.title}: nothing to draw`;
  const names = plot.series.filter(({ points }) => points.length > 0).map(({ name }) => name);
  // The library draws one line after the other, each from its first point on; it does not say which.
  let line = -1;
  const chart = draw(lines, {
    width: COLUMNS,
    height: ROWS,
    yRange: [0, top],
    customXAxisTicks: marksOf(plot, scale).map((x) => scale.place(x)),
    formatter: (value, { axis }) => (axis === 'y' ? Number(value.toPrecision(3)) : axisText(plot, scale, value)),
    lineFormatter: ({ index, plotX, plotY }) => {
      if (index === 0) line += 1;
      return { x: plotX + 1, y: plotY, symbol: letter(line) };
    },
  });
  const legend = names.map((name, index) => `${letter(index)} ${name}`).join('   ');
  const marks = (plot.marks ?? []).map(({ x, text }) => `${plot.x === 'ms' ? tickText(Math.round(x)) : x}: ${text}`).join('   ');
  return [plot.title, plot.yLabel, chart.trimEnd(), legend, ...(marks === '' ? [] : [marks])].join('\n');
}

/** Over time a point for each column, so that a level shows as a line; elsewhere the points themselves. */
function placed({ x }: Plot, { points }: Series, scale: Scale): [number, number][] {
  if (x === 'nodes') return points.map(([at, y]) => [scale.place(at), y]);
  return Array.from({ length: COLUMNS }, (_, column) => {
    const at = (scale.end * column) / (COLUMNS - 1);
    return [at, points.findLast(([begin]) => begin <= at)?.[1] ?? 0];
  });
}

function marksOf({ x, series }: Plot, scale: Scale): number[] {
  return x === 'ms' ? ticks(scale.end, TIME_MARKS) : [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))];
}

function axisText({ x }: Plot, scale: Scale, value: number): string {
  return x === 'ms' ? tickText(Math.round(value)) : String(scale.value(value));
}

function letter(series: number): string {
  return LETTERS[series % LETTERS.length] ?? '?';
}
