/** One node, beside whatever else is shown: all that it tells of itself, and on demand what its modules show of their state. */
import type { DetailsAnswer, LinesAnswer } from '../wire.ts';
import { ask } from './ask.ts';
import { make, part, setText } from './dom.ts';
import { showLines } from './lines.ts';

/** Ages move, and nobody tells of that. */
const AGAIN_MS = 5_000;

export class Details {
  readonly #aside = part('details', HTMLElement);
  readonly #heading = part('heading-details', HTMLElement);
  readonly #body = part('details-body', HTMLElement);
  readonly #sections = new Map<string, { readonly facts: HTMLDListElement; readonly shown: HTMLPreElement }>();
  #id: string | null = null;
  /** Where the focus was: there it goes back. */
  #before: Element | null = null;
  #number = 0;

  constructor() {
    part('close-details', HTMLButtonElement).addEventListener('click', () => this.close());
    document.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape' && !this.#aside.hidden && document.querySelector('dialog[open]') === null) this.close();
    });
    setInterval(() => this.refresh(), AGAIN_MS);
  }

  get id(): string | null {
    return this.#id;
  }

  open(id: string, name: string): void {
    if (this.#aside.hidden) this.#before = document.activeElement;
    this.#id = id;
    this.#sections.clear();
    this.#body.replaceChildren();
    setText(this.#heading, name);
    this.#aside.hidden = false;
    this.#heading.focus();
    this.refresh();
  }

  close(): void {
    this.#id = null;
    this.#aside.hidden = true;
    if (this.#before instanceof HTMLElement && this.#before.isConnected) this.#before.focus();
  }

  refresh(): void {
    if (this.#id === null || document.hidden) return;
    this.#number += 1;
    void this.#show(this.#id, this.#number);
  }

  async #show(id: string, number: number): Promise<void> {
    const answer = await ask<DetailsAnswer>('node', { id });
    // Another one was asked for meanwhile.
    if (number !== this.#number || this.#id !== id) return;
    if ('error' in answer) {
      this.#section('').facts.replaceChildren(...fact('not known', answer.error.message));
      return;
    }
    setText(this.#heading, answer.name);
    this.#fill('', answer.facts);
    for (const { name, facts } of answer.modules) this.#fill(name, facts);
  }

  /** Only what has changed is put in: whoever reads it is not thrown back to its begin. */
  #fill(name: string, facts: DetailsAnswer['facts']): void {
    const list = this.#section(name).facts;
    while (list.children.length > 2 * facts.length) list.lastElementChild?.remove();
    facts.forEach(([label, text], index) => {
      const [term, value] = [list.children[2 * index], list.children[2 * index + 1]];
      if (term === undefined || value === undefined) list.append(...fact(label, text));
      else {
        setText(term, label);
        setText(value, text);
      }
    });
  }

  #section(name: string): { readonly facts: HTMLDListElement; readonly shown: HTMLPreElement } {
    const known = this.#sections.get(name);
    if (known !== undefined) return known;
    const made = { facts: make('dl'), shown: make('pre', { attributes: { tabindex: '0' } }) };
    made.shown.hidden = true;
    this.#sections.set(name, made);
    if (name === '') this.#body.append(made.facts);
    else {
      const button = make('button', {
        text: 'Inspect its state',
        attributes: { type: 'button', 'aria-label': `Inspect the state of ${name}` },
      });
      button.addEventListener('click', () => void this.#inspect(name, made.shown));
      this.#body.append(make('section', {}, make('h3', { text: name }), made.facts, button, made.shown));
    }
    return made;
  }

  async #inspect(module: string, target: HTMLPreElement): Promise<void> {
    if (this.#id === null) return;
    target.hidden = false;
    showLines(target, [{ text: 'Asking the node…', tone: 'dim' }]);
    const answer = await ask<LinesAnswer>('inspect', { id: this.#id, module });
    showLines(target, 'error' in answer ? [{ text: `${answer.error.message} (${answer.error.code})`, tone: 'bad' }] : answer.lines);
  }
}

function fact(label: string, text: string): readonly [HTMLElement, HTMLElement] {
  return [make('dt', { text: label }), make('dd', { text })];
}
