/** How a deployment spread, as a picture: the median of the runs as a line, from the 10th to the 90th percentile as a band around it. */
import type { CurvePoint } from '../simulate/report.ts';
import { ticks, tickText } from './axis.ts';
import { escapeXml } from './xml-text.ts';

const [WIDTH, HEIGHT] = [800, 440];
const FRAME = { left: 60, right: 20, top: 56, bottom: 64 };
const PLOT = { width: WIDTH - FRAME.left - FRAME.right, height: HEIGHT - FRAME.top - FRAME.bottom };
const TIME_MARKS = 8;
const PERCENTS = [0, 25, 50, 75, 100] as const;
const SERIES = [
  { name: 'known', label: 'know it', colour: '#e08a00' },
  { name: 'running', label: 'run it', colour: '#0060a8' },
] as const;

/** `title`: one line that says what was simulated. */
export function spreadSvg(title: string, curve: readonly CurvePoint[]): string {
  const endMs = Math.max(1, curve.at(-1)?.ms ?? 0);
  const at = (ms: number, share: number): string =>
    `${round(FRAME.left + (ms / endMs) * PLOT.width)},${round(FRAME.top + (1 - share) * PLOT.height)}`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${FRAME.left}" y="20">${escapeXml(title)}</text>`,
    ...PERCENTS.map(percentMark),
    ...ticks(endMs, TIME_MARKS).map((ms) => timeMark(ms, endMs)),
    ...SERIES.flatMap(({ name, colour }) => [
      `<polygon fill="${colour}" fill-opacity="0.2" points="${band(curve, name, at)}"/>`,
      `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${curve.map((point) => at(point.ms, point[name].p50)).join(' ')}"/>`,
    ]),
    ...SERIES.map(legend),
    `<text x="${FRAME.left + PLOT.width / 2}" y="${HEIGHT - 12}" text-anchor="middle">time since a node acknowledged the deployment</text>`,
    '</svg>',
    '',
  ].join('\n');
}

function band(curve: readonly CurvePoint[], name: 'known' | 'running', at: (ms: number, share: number) => string): string {
  const [high, low] = [curve.map((point) => at(point.ms, point[name].p90)), curve.map((point) => at(point.ms, point[name].p10))];
  return [...high, ...low.toReversed()].join(' ');
}

function percentMark(percent: number): string {
  const y = round(FRAME.top + (1 - percent / 100) * PLOT.height);
  const line = `<line x1="${FRAME.left}" x2="${WIDTH - FRAME.right}" y1="${y}" y2="${y}" stroke="#dddddd"/>`;
  return `${line}<text x="${FRAME.left - 8}" y="${y + 4}" text-anchor="end">${percent} %</text>`;
}

function timeMark(ms: number, endMs: number): string {
  const x = round(FRAME.left + (ms / endMs) * PLOT.width);
  const bottom = FRAME.top + PLOT.height;
  const line = `<line x1="${x}" x2="${x}" y1="${bottom}" y2="${bottom + 5}" stroke="#444444"/>`;
  return `${line}<text x="${x}" y="${bottom + 18}" text-anchor="middle">${tickText(ms)}</text>`;
}

function legend({ label, colour }: (typeof SERIES)[number], index: number): string {
  const x = FRAME.left + index * 110;
  return `<rect x="${x}" y="32" width="12" height="12" fill="${colour}"/><text x="${x + 18}" y="42">${label}</text>`;
}

function round(place: number): number {
  return Math.round(place * 10) / 10;
}
