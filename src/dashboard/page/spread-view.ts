/** The second view: one deployment as it spreads: how many are how far, after what time, and who had it from whom. */
import { formatDuration } from '../../model/duration.ts';
import { SPREAD_STAGES } from '../wire.ts';
import type { ArrivalEntry, SpreadEntry } from '../wire.ts';
import { pageOf } from '../view/list.ts';
import type { PageModel } from '../view/page-model.ts';
import { stagesText } from '../view/words.ts';
import { make, part, setAttribute, setText } from './dom.ts';
import { Pager } from './pager.ts';
import { Rows } from './rows.ts';
import { SpreadPicture } from './spread-picture.ts';

const PAGE_SIZE = 25;

interface TimesRow {
  readonly stage: string;
  readonly times: readonly (number | null)[];
}

export class SpreadView {
  readonly #model: PageModel;
  readonly #select = part('deployment', HTMLSelectElement);
  readonly #picture = new SpreadPicture();
  readonly #times: Rows<TimesRow>;
  readonly #arrivals: Rows<ArrivalEntry>;
  readonly #pager = new Pager({ previous: 'previous-arrivals', next: 'next-arrivals', text: 'arrivals-page' }, () => this.draw());
  /** What was chosen; null: whatever is newest. */
  #chosen: string | null = null;

  constructor(model: PageModel, onNode: (id: string) => void) {
    this.#model = model;
    const nameOf = (id: string | null): string => (id === null ? '' : (model.nodes.get(id)?.name ?? id.slice(0, 12)));
    const after = (ms: number | null): string => (ms === null ? '–' : formatDuration(ms));
    this.#times = new Rows<TimesRow>(part('times', HTMLTableElement), ({ stage }) => stage, [
      { isHead: true, text: ({ stage }) => stage },
      ...[0, 1, 2, 3].map((index) => ({ text: ({ times }: TimesRow) => after(times[index] ?? null), class: () => 'number' })),
    ]);
    this.#arrivals = new Rows<ArrivalEntry>(part('arrivals', HTMLTableElement), ({ node }) => node, [
      { isHead: true, text: ({ name, node }) => name || node.slice(0, 12), onPress: ({ node }) => onNode(node) },
      { text: ({ from }) => (from === null ? 'an operator' : nameOf(from)) },
      { text: ({ via }) => via },
      { text: ({ knownMs }) => after(knownMs), class: () => 'number' },
      { text: ({ fetchedMs }) => after(fetchedMs), class: () => 'number' },
      { text: ({ codeFrom }) => nameOf(codeFrom) },
      { text: ({ runningMs }) => after(runningMs), class: () => 'number' },
    ]);
    this.#select.addEventListener('change', () => {
      const [newest] = this.#sorted();
      this.#chosen = this.#select.value === newest?.deployment ? null : this.#select.value;
      this.#pager.first();
      this.draw();
    });
    new ResizeObserver(() => this.draw()).observe(part('curve', SVGSVGElement));
  }

  draw(): void {
    const sorted = this.#sorted();
    const shown = sorted.find(({ deployment }) => deployment === this.#chosen) ?? sorted[0];
    part('no-spread', HTMLElement).hidden = shown !== undefined;
    part('spread-shown', HTMLElement).hidden = shown === undefined;
    this.#drawSelect(sorted, shown);
    if (shown === undefined) return;
    const arrivals = [...(this.#model.arrivals.get(shown.deployment)?.values() ?? [])].sort((a, b) => a.knownMs - b.knownMs);
    setText(part('spread-counts', HTMLElement), stagesText(shown));
    const times = SPREAD_STAGES.flatMap((stage) => (shown.times[stage] === undefined ? [] : [{ stage, times: shown.times[stage] }]));
    this.#times.show(times);
    setText(part('times-source', HTMLElement), sourceText(shown));
    this.#picture.draw(arrivals, shown);
    const paged = pageOf(arrivals, this.#pager.page, PAGE_SIZE);
    this.#pager.show(paged);
    this.#arrivals.show(paged.rows);
    setText(
      part('arrivals-found', HTMLElement),
      arrivals.length === 0 ? 'No node has kept from whom it had it.' : `${arrivals.length} of ${shown.nodes} nodes have told`,
    );
  }

  #sorted(): readonly SpreadEntry[] {
    return [...this.#model.spreads.values()].sort((a, b) => a.place - b.place);
  }

  #drawSelect(sorted: readonly SpreadEntry[], shown: SpreadEntry | undefined): void {
    const names = sorted.map(({ deployment, module, removes }) => `${deployment} of ${module}${removes ? ' (removal)' : ''}`);
    const isSame = names.length === this.#select.options.length && names.every((name, at) => this.#select.options[at]?.text === name);
    if (!isSame) {
      const options = sorted.map(({ deployment }, at) => make('option', { text: names[at] ?? '', attributes: { value: deployment } }));
      this.#select.replaceChildren(...options);
    }
    this.#select.value = shown?.deployment ?? '';
    setAttribute(this.#select, 'disabled', sorted.length === 0 ? '' : null);
  }
}

function sourceText({ source, recorded, nodes }: SpreadEntry): string {
  if (source === 'seen') return 'As seen from here since this page was opened: no node has kept its own times.';
  return `By the nodes' own records, since the first of them accepted it${recorded < nodes ? `; ${recorded} of ${nodes} have kept theirs` : ''}.`;
}
