/** The third view: who deployed what, when and why, and in what it differs from the one before. */
import type { HistoryLine, LinesAnswer } from '../wire.ts';
import type { PageModel } from '../view/page-model.ts';
import { ask } from './ask.ts';
import { part, setText } from './dom.ts';
import { showLines } from './lines.ts';
import { Rows } from './rows.ts';

export class HistoryView {
  readonly #model: PageModel;
  readonly #rows: Rows<HistoryLine>;
  readonly #dialog = part('difference', HTMLDialogElement);
  readonly #lines = part('difference-lines', HTMLPreElement);

  constructor(model: PageModel) {
    this.#model = model;
    this.#rows = new Rows<HistoryLine>(part('history', HTMLTableElement), ({ deployment }) => deployment, [
      { isHead: true, text: ({ deployment }) => deployment },
      { text: ({ module }) => module },
      { text: whatText },
      { text: ({ author }) => author },
      { text: ({ issued }) => issued.replace('T', ' ').replace(/\.\d+Z$/, ' UTC') },
      { text: ({ message }) => message, class: () => 'why' },
      { text: ({ hasBefore }) => (hasBefore ? 'What changed' : ''), onPress: (line) => void this.#compare(line) },
    ]);
    part('close-difference', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
  }

  draw(): void {
    this.#rows.show(this.#model.history);
  }

  async #compare({ deployment, module }: HistoryLine): Promise<void> {
    setText(part('heading-difference', HTMLElement), `What ${deployment} changed in ${module}`);
    showLines(this.#lines, [{ text: 'Asking the nodes for the code…', tone: 'dim' }]);
    this.#dialog.showModal();
    const answer = await ask<LinesAnswer>('diff', { before: deployment });
    showLines(this.#lines, 'error' in answer ? [{ text: `${answer.error.message} (${answer.error.code})`, tone: 'bad' }] : answer.lines);
  }
}

function whatText({ removes, scrub, rollbackOf, version }: HistoryLine): string {
  const what = removes ? 'removes it' : rollbackOf === null ? (version ?? '') : `rollback to ${rollbackOf}`;
  return scrub ? `${what}${what === '' ? '' : ', '}drops its state` : what;
}
