/** Two buttons and what is between them: a long list a page at a time. */
import type { Paged } from '../view/list.ts';
import { part, setText } from './dom.ts';

export class Pager {
  readonly #previous: HTMLButtonElement;
  readonly #next: HTMLButtonElement;
  readonly #text: HTMLElement;
  #page = 0;

  constructor(ids: { readonly previous: string; readonly next: string; readonly text: string }, onTurn: () => void) {
    this.#previous = part(ids.previous, HTMLButtonElement);
    this.#next = part(ids.next, HTMLButtonElement);
    this.#text = part(ids.text, HTMLElement);
    const turn = (by: number): void => {
      this.#page += by;
      onTurn();
    };
    this.#previous.addEventListener('click', () => turn(-1));
    this.#next.addEventListener('click', () => turn(1));
  }

  get page(): number {
    return this.#page;
  }

  first(): void {
    this.#page = 0;
  }

  show({ page, pages, total }: Paged<unknown>): void {
    this.#page = page;
    this.#previous.disabled = page === 0;
    this.#next.disabled = page === pages - 1;
    for (const element of [this.#previous, this.#next, this.#text]) element.hidden = pages === 1;
    setText(this.#text, `${page + 1} of ${pages}, ${total} in all`);
  }
}
