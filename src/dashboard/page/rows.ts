/** Rows of a table, each drawn once and then patched: a row keeps its element, so focus and selection stay where they are. */
import { bodyOf, make, setText } from './dom.ts';

export interface Column<Item> {
  readonly text: (item: Item) => string;
  readonly class?: (item: Item) => string;
  /** The cell that names the row. */
  readonly isHead?: true;
  /** Makes of the text a button. */
  readonly onPress?: (item: Item) => void;
}

export class Rows<Item> {
  readonly #body: HTMLTableSectionElement;
  readonly #columns: readonly Column<Item>[];
  readonly #keyOf: (item: Item) => string;
  readonly #rows = new Map<string, { readonly row: HTMLTableRowElement; item: Item }>();

  constructor(table: HTMLTableElement, keyOf: (item: Item) => string, columns: readonly Column<Item>[]) {
    this.#body = bodyOf(table);
    this.#keyOf = keyOf;
    this.#columns = columns;
  }

  show(items: readonly Item[]): void {
    const wanted = new Set(items.map(this.#keyOf));
    for (const [key, { row }] of this.#rows) {
      if (wanted.has(key)) continue;
      row.remove();
      this.#rows.delete(key);
    }
    let next = this.#body.firstElementChild;
    for (const item of items) {
      const row = this.#rowOf(item);
      if (row === next) next = row.nextElementSibling;
      else this.#body.insertBefore(row, next);
    }
  }

  #rowOf(item: Item): HTMLTableRowElement {
    const key = this.#keyOf(item);
    const known = this.#rows.get(key);
    if (known === undefined) {
      const row = make('tr');
      const entry = { row, item };
      this.#rows.set(key, entry);
      for (const column of this.#columns) row.append(this.#cellOf(column, entry));
      this.#patch(row, item);
      return row;
    }
    known.item = item;
    this.#patch(known.row, item);
    return known.row;
  }

  #cellOf({ isHead, onPress }: Column<Item>, entry: { item: Item }): HTMLTableCellElement {
    const cell = isHead ? make('th', { attributes: { scope: 'row' } }) : make('td');
    if (onPress === undefined) return cell;
    const button = make('button', { attributes: { type: 'button' }, class: 'link' });
    button.addEventListener('click', () => onPress(entry.item));
    cell.append(button);
    return cell;
  }

  #patch(row: HTMLTableRowElement, item: Item): void {
    this.#columns.forEach((column, index) => {
      const cell = row.cells[index];
      if (cell === undefined) return;
      const text = column.text(item);
      const button = column.onPress === undefined ? null : (cell.firstElementChild as HTMLButtonElement | null);
      setText(button ?? cell, text);
      if (button !== null) button.hidden = text === '';
      const name = column.class?.(item) ?? '';
      if (cell.className !== name) cell.className = name;
    });
  }
}
