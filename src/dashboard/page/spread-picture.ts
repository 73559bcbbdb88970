/** The curve, and below it who had it from whom: one axis of time for both. A handful of paths, however many nodes. */
import { formatDuration } from '../../model/duration.ts';
import type { ArrivalEntry, SpreadEntry } from '../wire.ts';
import { endOf, lastKnownOf, stepPath, stepsOf, ticksOf } from '../view/curve.ts';
import { wayNames, wayPaths, waysOf } from '../view/ways.ts';
import type { PlacedName } from '../view/ways.ts';
import { part, setAttribute, svg } from './dom.ts';

const MARGIN = { left: 44, right: 14, top: 10, bottom: 22 };
const CURVE_HEIGHT = 190;
/** Grows with the nodes, within bounds. */
const WAYS = { least: 120, most: 360, ofEach: 16 };
const TICK_WIDTH = 80;
const MOST_OF_LARGE = 120;
/** Of more the names would lie on each other. */
const MOST_NAMED = 24;

export class SpreadPicture {
  readonly #curve = new Chart(part('curve', SVGSVGElement), ['area known', 'area running', 'line known', 'line running']);
  readonly #ways = new Chart(part('ways', SVGSVGElement), ['ways', 'dots known', 'dots running']);

  draw(arrivals: readonly ArrivalEntry[], { nodes, counts }: SpreadEntry): void {
    const endMs = endOf(arrivals);
    const known = stepsOf(arrivals, ({ knownMs }) => knownMs);
    const running = stepsOf(arrivals, ({ runningMs }) => runningMs);
    const curve = this.#curve.frame(CURVE_HEIGHT, endMs, [
      [0, '0 %'],
      [0.5, '50 %'],
      [1, '100 %'],
    ]);
    this.#curve.paths([
      stepPath(known, nodes, curve, true),
      stepPath(running, nodes, curve, true),
      stepPath(known, nodes, curve, false),
      stepPath(running, nodes, curve, false),
    ]);
    this.#curve.label(`${counts.known} of ${nodes} nodes know it, ${counts.running} run it, over ${formatDuration(Math.round(endMs))}`);
    const places = waysOf(arrivals);
    const height = Math.min(WAYS.most, Math.max(WAYS.least, places.length * WAYS.ofEach));
    // To run takes longer than to know: here the time ends with the last that came to know it.
    const frame = this.#ways.frame(height, lastKnownOf(arrivals), []);
    const paths = wayPaths(places, frame);
    this.#ways.paths([paths.lines, paths.known, paths.running]);
    this.#ways.setClass(places.length > MOST_OF_LARGE ? 'dense' : '');
    this.#ways.names(places.length > MOST_NAMED ? [] : wayNames(places, frame));
  }
}

class Chart {
  readonly #root: SVGSVGElement;
  readonly #axis = svg('g', { class: 'axis' });
  readonly #paths: readonly SVGPathElement[];
  readonly #names = svg('g', { class: 'names' });
  #drawn = '';
  #named = '';

  constructor(root: SVGSVGElement, classes: readonly string[]) {
    this.#root = root;
    const inner = svg('g', { transform: `translate(${MARGIN.left} ${MARGIN.top})` });
    this.#paths = classes.map((name) => svg('path', { class: name }));
    inner.append(this.#axis, ...this.#paths, this.#names);
    root.append(inner);
  }

  /** Draws the axes where they are other ones than before, and gives what is left for the picture. */
  frame(height: number, endMs: number, levels: readonly (readonly [share: number, text: string])[]) {
    const whole = this.#root.clientWidth || this.#root.getBoundingClientRect().width || 600;
    const width = Math.max(60, Math.floor(whole - MARGIN.left - MARGIN.right));
    const drawn = `${width} ${height} ${endMs}`;
    if (drawn !== this.#drawn) {
      this.#drawn = drawn;
      setAttribute(this.#root, 'height', String(height + MARGIN.top + MARGIN.bottom));
      this.#axis.replaceChildren(...this.#axisParts(width, height, endMs, levels));
    }
    return { width, height, endMs };
  }

  paths(all: readonly string[]): void {
    this.#paths.forEach((path, index) => setAttribute(path, 'd', all[index] ?? ''));
  }

  label(text: string): void {
    setAttribute(this.#root, 'aria-label', text);
  }

  names(all: readonly PlacedName[]): void {
    const drawn = JSON.stringify(all);
    if (drawn === this.#named) return;
    this.#named = drawn;
    this.#names.replaceChildren(
      ...all.map(({ text, x, y, isLeft }) =>
        textAt(text, { x, y, dx: isLeft ? '-9' : '9', dy: '4', 'text-anchor': isLeft ? 'end' : 'start' }),
      ),
    );
  }

  setClass(name: string): void {
    setAttribute(this.#root, 'class', name);
  }

  #axisParts(width: number, height: number, endMs: number, levels: readonly (readonly [number, string])[]): SVGElement[] {
    const ticks = ticksOf(endMs, Math.max(1, Math.floor(width / TICK_WIDTH)));
    return [
      ...ticks.flatMap((ms) => {
        const x = String(Math.round((ms / endMs) * width));
        return [
          svg('line', { x1: x, x2: x, y1: '0', y2: String(height) }),
          textAt(ms === 0 ? '0' : formatDuration(ms), { x, y: String(height + 16), 'text-anchor': 'middle' }),
        ];
      }),
      ...levels.flatMap(([share, content]) => {
        const y = String(Math.round(height - share * height));
        return [svg('line', { x1: '0', x2: String(width), y1: y, y2: y }), textAt(content, { x: '-6', y, dy: '4', 'text-anchor': 'end' })];
      }),
    ];
  }
}

function textAt(content: string, attributes: Readonly<Record<string, string>>): SVGTextElement {
  const element = svg('text', attributes);
  element.textContent = content;
  return element;
}
