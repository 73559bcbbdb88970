/**
 * A plot as a picture. Own code on purpose: the well-kept libraries draw into a browser's document, or bring tens of packages; this is a frame, some lines
 * and their names, as `gossip simulate --svg` draws them.
 */
import { ticks, tickText } from '../../src/operator/render/axis.ts';
import { escapeXml } from '../../src/operator/render/xml-text.ts';
import type { Plot } from '../harness/figure.ts';
import { scaleOf } from './scale.ts';

const [WIDTH, HEIGHT] = [800, 440];
const FRAME = { left: 70, right: 20, top: 76, bottom: 56 };
const AREA = { width: WIDTH - FRAME.left - FRAME.right, height: HEIGHT - FRAME.top - FRAME.bottom };
const COLOURS = ['#0060a8', '#e08a00', '#2a8a4a', '#b03060', '#6a4fb0', '#555555'];
const TIME_MARKS = 8;
const Y_MARKS = 4;
const LEGEND_COLUMNS = 3;
/** Two rows at most stand above the frame. */
const LEGEND_WIDTH = AREA.width / LEGEND_COLUMNS;

export function plotSvg(plot: Plot): string {
  const scale = scaleOf(plot);
  const top = niceTop(Math.max(0, ...plot.series.flatMap(({ points }) => points.map(([, y]) => y))));
  const left = (x: number): number => FRAME.left + ((scale.place(x) - scale.begin) / (scale.end - scale.begin || 1)) * AREA.width;
  const high = (y: number): number => FRAME.top + (1 - y / top) * AREA.height;
  const xs = plot.x === 'ms' ? ticks(scale.end, TIME_MARKS) : [...new Set(plot.series.flatMap(({ points }) => points.map(([x]) => x)))];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${escapeXml(plot.title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${FRAME.left}" y="20" font-weight="bold">${escapeXml(plot.title)}</text>`,
    ...Array.from({ length: Y_MARKS + 1 }, (_, index) => yMark((top * index) / Y_MARKS, high)),
    ...xs.map((x) => xMark(plot.x === 'ms' ? tickText(x) : String(x), left(x))),
    ...(plot.marks ?? []).map(({ x, text }, index) => moment(text, left(x), index)),
    ...plot.series.flatMap(({ name, points }, index) => [
      `<polyline fill="none" stroke="${colour(index)}" stroke-width="2" points="${points.map(([x, y]) => `${round(left(x))},${round(high(y))}`).join(' ')}"/>`,
      ...(plot.x === 'nodes'
        ? points.map(([x, y]) => `<circle cx="${round(left(x))}" cy="${round(high(y))}" r="3" fill="${colour(index)}"/>`)
        : []),
      legend(name, index),
    ]),
    `<text x="${FRAME.left + AREA.width / 2}" y="${HEIGHT - 12}" text-anchor="middle">${plot.x === 'ms' ? 'time' : 'nodes'}</text>`,
    `<text x="16" y="${FRAME.top + AREA.height / 2}" text-anchor="middle" transform="rotate(-90 16 ${FRAME.top + AREA.height / 2})">${escapeXml(plot.yLabel)}</text>`,
    '</svg>',
    '',
  ].join('\n');
}

/** The next of 1, 2, 4, 8 and 10 times a power of ten: a quarter of it is a number that people read. */
function niceTop(most: number): number {
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 4, 8, 10].find((factor) => factor * power >= most) ?? 10) * power;
}

function yMark(value: number, high: (y: number) => number): string {
  const y = round(high(value));
  const line = `<line x1="${FRAME.left}" x2="${WIDTH - FRAME.right}" y1="${y}" y2="${y}" stroke="#dddddd"/>`;
  return `${line}<text x="${FRAME.left - 8}" y="${y + 4}" text-anchor="end">${Number(value.toPrecision(3))}</text>`;
}

function xMark(text: string, at: number): string {
  const [x, bottom] = [round(at), FRAME.top + AREA.height];
  const line = `<line x1="${x}" x2="${x}" y1="${bottom}" y2="${bottom + 5}" stroke="#444444"/>`;
  return `${line}<text x="${x}" y="${bottom + 18}" text-anchor="middle">${text}</text>`;
}

function moment(text: string, at: number, index: number): string {
  const x = round(at);
  const line = `<line x1="${x}" x2="${x}" y1="${FRAME.top}" y2="${FRAME.top + AREA.height}" stroke="#999999" stroke-dasharray="4 3"/>`;
  const [end, anchor] = at > FRAME.left + AREA.width / 2 ? [x - 4, 'end'] : [x + 4, 'start'];
  return `${line}<text x="${end}" y="${FRAME.top + AREA.height - 10 - index * 16}" text-anchor="${anchor}" fill="#666666">${escapeXml(text)}</text>`;
}

function legend(name: string, index: number): string {
  const x = FRAME.left + (index % LEGEND_COLUMNS) * LEGEND_WIDTH;
  const y = 32 + Math.floor(index / LEGEND_COLUMNS) * 18;
  return `<rect x="${round(x)}" y="${y}" width="12" height="12" fill="${colour(index)}"/><text x="${round(x) + 18}" y="${y + 10}">${escapeXml(name)}</text>`;
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length] as string;
}

function round(place: number): number {
  return Math.round(place * 10) / 10;
}
