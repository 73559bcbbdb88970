/** Lines of text with their tones. */
import type { TextLine } from '../wire.ts';
import { make } from './dom.ts';

export function showLines(target: HTMLPreElement, lines: readonly TextLine[]): void {
  target.replaceChildren(...lines.map(({ text, tone }) => make('span', { text: `${text}\n`, ...(tone && { class: tone }) })));
}
