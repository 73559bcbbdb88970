/** A thread that plays runs one after another: `Run` in, `Outcome` out. */
import { parentPort } from 'node:worker_threads';
import { playRun } from './play.ts';
import type { Run } from './runs.ts';

parentPort?.on('message', (run: Run) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  void playRun(run).then((outcome) => parentPort?.postMessage(outcome));
});
