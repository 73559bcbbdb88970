/** All nodes as squares: drawn once, patched where a node changes. One of them is in the tab order, arrow keys go from one to the next. */
import type { NodeEntry } from '../wire.ts';
import { keysOf } from '../view/groups.ts';
import { byName, nodeWords, STATES } from '../view/states.ts';
import { make, part, setAttribute, setText } from './dom.ts';

interface Square {
  readonly item: HTMLLIElement;
  readonly button: HTMLButtonElement;
  node: NodeEntry;
}

export class NodeMap {
  readonly #list = part('map', HTMLUListElement);
  readonly #squares = new Map<string, Square>();
  #order: readonly string[] = [];
  #focused: string | null = null;
  #group: string | null = null;

  constructor(onChosen: (id: string) => void) {
    this.#list.addEventListener('click', ({ target }) => {
      const id = target instanceof Element ? target.closest('button')?.dataset['id'] : undefined;
      if (id !== undefined) onChosen(id);
    });
    this.#list.addEventListener('keydown', (event) => this.#move(event));
    this.#list.addEventListener('focusin', ({ target }) => {
      if (target instanceof HTMLButtonElement && target.dataset['id'] !== undefined) this.#setFocused(target.dataset['id']);
    });
  }

  /** `changed`: only these are looked at. */
  patch(nodes: ReadonlyMap<string, NodeEntry>, changed: ReadonlySet<string>): void {
    let isListed = false;
    for (const id of changed) {
      const node = nodes.get(id);
      const square = this.#squares.get(id);
      if (node === undefined) {
        square?.item.remove();
        isListed ||= this.#squares.delete(id);
      } else if (square === undefined) {
        this.#squares.set(id, this.#draw(node));
        isListed = true;
      } else {
        isListed ||= square.node.name !== node.name || square.node.rendezvous !== node.rendezvous;
        square.node = node;
        this.#paint(square);
      }
    }
    if (isListed) this.#arrange();
  }

  /** Those that are not of the group are pale. */
  light(group: string | null): void {
    this.#group = group;
    for (const square of this.#squares.values()) this.#paint(square);
  }

  #draw(node: NodeEntry): Square {
    const button = make('button', { attributes: { type: 'button', tabindex: '-1', 'data-id': node.id } });
    const square = { button, item: make('li', {}, button), node };
    this.#paint(square);
    return square;
  }

  #paint({ button, node }: Square): void {
    const { mark } = STATES[node.state];
    const words = nodeWords(node);
    const pale = this.#group !== null && !keysOf(node).includes(this.#group);
    const name = `square ${node.state}${node.rendezvous ? ' rendezvous' : ''}${pale ? ' pale' : ''}`;
    if (button.className !== name) button.className = name;
    setText(button, mark);
    setAttribute(button, 'aria-label', words);
    setAttribute(button, 'title', words);
  }

  #arrange(): void {
    const sorted = [...this.#squares.values()].sort((a, b) => byName(a.node, b.node));
    this.#order = sorted.map(({ node }) => node.id);
    let next = this.#list.firstElementChild;
    for (const { item } of sorted) {
      if (item === next) next = item.nextElementSibling;
      else this.#list.insertBefore(item, next);
    }
    const size = this.#order.length > 400 ? 'many' : this.#order.length > 60 ? 'some' : 'few';
    setAttribute(this.#list, 'class', size);
    if (this.#focused === null || !this.#squares.has(this.#focused)) this.#setFocused(this.#order[0] ?? null);
  }

  #setFocused(id: string | null): void {
    if (this.#focused !== null) this.#squares.get(this.#focused)?.button.setAttribute('tabindex', '-1');
    this.#focused = id;
    if (id !== null) this.#squares.get(id)?.button.setAttribute('tabindex', '0');
  }

  #move(event: KeyboardEvent): void {
    const at = this.#focused === null ? -1 : this.#order.indexOf(this.#focused);
    const last = this.#order.length - 1;
    const steps: Readonly<Record<string, () => number>> = {
      ArrowRight: () => at + 1,
      ArrowLeft: () => at - 1,
      ArrowDown: () => at + this.#columns(),
      ArrowUp: () => at - this.#columns(),
      Home: () => 0,
      End: () => last,
    };
    const step = Object.hasOwn(steps, event.key) ? steps[event.key] : undefined;
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const id = this.#order[Math.min(last, Math.max(0, step()))];
    if (id !== undefined) this.#squares.get(id)?.button.focus();
  }

  /** How many squares stand in the first row. */
  #columns(): number {
    const items = [...this.#list.children] as HTMLElement[];
    const top = items[0]?.offsetTop;
    const next = items.findIndex((item) => item.offsetTop !== top);
    return next < 1 ? items.length : next;
  }
}
