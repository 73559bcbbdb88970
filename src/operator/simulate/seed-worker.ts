/** A worker thread that plays seeds: runs are pure, so it makes no difference which worker plays which. */
import { parentPort } from 'node:worker_threads';
import { spread } from '../../sim/play/spread.ts';
import type { SpreadRun } from '../../sim/play/spread.ts';
import { ownClass } from './own-module.ts';
import type { FromWorker, PlaySeed } from './seed-messages.ts';

function tell(message: FromWorker): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  parentPort?.postMessage(message);
}

async function play({ plan, seed }: PlaySeed): Promise<SpreadRun> {
  return spread(plan, seed, {
    Own: await ownClass(plan),
    pause: async (soFar) => {
      tell({ type: 'so-far', soFar });
      return 'go-on';
    },
  });
}

parentPort?.on('message', (order: PlaySeed) => {
  play(order).then(
    (run) => tell({ type: 'done', run }),
    (error: unknown) => tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) }),
  );
});
