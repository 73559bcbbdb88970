/** A worker thread that plays seeds: runs are pure, so it makes no difference which worker plays which. */
import { parentPort } from 'node:worker_threads';
import { spread } from '../../sim/play/spread.ts';
import type { FromWorker, PlaySeed } from './seed-messages.ts';

function tell(message: FromWorker): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  parentPort?.postMessage(message);
}

parentPort?.on('message', ({ plan, seed }: PlaySeed) => {
  spread(plan, seed, {
    pause: async (soFar) => {
      tell({ type: 'so-far', soFar });
      return 'go-on';
    },
  }).then(
    (run) => tell({ type: 'done', run }),
    (error: unknown) => tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) }),
  );
});
