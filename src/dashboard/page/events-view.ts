/** The fourth view: what happens on the nodes, newest first. */
import type { EventEntry } from '../wire.ts';
import type { PageModel } from '../view/page-model.ts';
import { make, part, setText } from './dom.ts';
import { Rows } from './rows.ts';

export class EventsView {
  readonly #model: PageModel;
  readonly #rows: Rows<readonly [key: string, EventEntry]>;
  readonly #kind = part('kind', HTMLSelectElement);
  readonly #node = part('event-node', HTMLInputElement);

  constructor(model: PageModel, onNode: (id: string) => void) {
    this.#model = model;
    this.#rows = new Rows(part('events', HTMLTableElement), ([key]) => key, [
      { text: ([, { time }]) => time.replace('T', ' ').replace('Z', ''), class: () => 'time' },
      { isHead: true, text: ([, { node }]) => node, onPress: ([, { id }]) => onNode(id) },
      { text: ([, { kind }]) => kind, class: () => 'dim' },
      { text: ([, { text }]) => text, class: ([, { tone }]) => `why ${tone ?? ''}` },
    ]);
    for (const field of [this.#kind, this.#node]) field.addEventListener('input', () => this.draw());
  }

  draw(): void {
    this.#drawKinds();
    const [kind, node] = [this.#kind.value, this.#node.value.trim().toLowerCase()];
    const shown = [...this.#model.events].filter(
      ([, event]) => (kind === '' || event.kind === kind) && (node === '' || event.node.toLowerCase().includes(node)),
    );
    this.#rows.show(
      shown.sort(([a, { time: timeA }], [b, { time: timeB }]) => (timeA < timeB ? 1 : timeA > timeB ? -1 : Number(b) - Number(a))),
    );
    const lacking = this.#model.cluster?.events ?? null;
    setText(part('events-lacking', HTMLElement), lacking === null ? '' : `Events are read ${lacking}`);
  }

  /** Those that there are; the one that is chosen stays. */
  #drawKinds(): void {
    const kinds = ['', ...new Set([...this.#model.events.values()].map(({ kind }) => kind))].sort();
    const chosen = this.#kind.value;
    if (chosen !== '' && !kinds.includes(chosen)) kinds.push(chosen);
    if (kinds.join(' ') === [...this.#kind.options].map(({ value }) => value).join(' ')) return;
    this.#kind.replaceChildren(...kinds.map((kind) => make('option', { text: kind || 'all', attributes: { value: kind } })));
    this.#kind.value = chosen;
  }
}
