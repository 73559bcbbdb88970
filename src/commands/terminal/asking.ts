/** How far a command is that asks every node, where these are many. */
import { bar } from '../../operator/render/bar.ts';
import { startProgress } from './progress.ts';
import type { Progress } from './progress.ts';

/** Fewer are asked in a moment. */
const MANY = 50;
const BAR_WIDTH = 20;

export interface Asking {
  readonly onAsked: (asked: number, known: number) => void;
  readonly stop: () => Promise<void>;
}

export function askingProgress(silent: boolean): Asking {
  let progress: Promise<Progress> | undefined;
  return {
    onAsked: (asked, known) => {
      if (silent || known < MANY) return;
      const text = `${bar(asked / known, BAR_WIDTH)} ${asked} of ${known} nodes asked`;
      progress ??= startProgress(text, silent);
      void progress.then((shown) => shown.update(text));
    },
    stop: async () => (await progress)?.stop(),
  };
}
