/** `gossip node leave`: asks the node that runs with a data directory to say goodbye and end, and waits for that. */
import { setTimeout as pause } from 'node:timers/promises';
import { holderOfDirectory } from '../core/store/files/lock.ts';
import { clearLeave, leaveAnswer, wishLeave } from '../core/store/leave-wish.ts';
import type { Goodbye } from '../runner/goodbyes.ts';
import { isNodeData } from '../core/store/data-directory.ts';
import { GossipError } from '../model/errors.ts';
import { noNode, signalHolder } from './running.ts';

/** A node ends within 5 s, and on a machine that has much to do later. */
const LEAVE_MS = 30_000;
const LOOK_MS = 100;

/** Resolves when the node has ended and peers have heard its goodbye, or there were none to tell; throws where one of these is not so. */
export async function leaveNode(dataDir: string, withinMs = LEAVE_MS): Promise<Goodbye> {
  if (!(await isNodeData(dataDir))) throw noNode(dataDir);
  const holder = holderOfDirectory(dataDir);
  if (holder === null) throw notRunning(dataDir);
  signalHolder(holder, 'SIGTERM', {
    wish: () => wishLeave(dataDir),
    clear: () => clearLeave(dataDir),
    what: 'leave',
    notRunning: () => notRunning(dataDir),
  });
  const deadline = performance.now() + withinMs;
  while (holderOfDirectory(dataDir) === holder) {
    if (performance.now() >= deadline)
      throw new GossipError('GOSSIP_E_TIMEOUT', `process ${holder} was told to leave, and has not ended within ${withinMs} ms`);
    await pause(LOOK_MS);
  }
  const answer = leaveAnswer(dataDir);
  clearLeave(dataDir);
  if (answer === null) throw new GossipError('GOSSIP_E_NO_GOODBYE', 'the node has ended without saying goodbye');
  if (answer.told > 0 && answer.heard === 0)
    throw new GossipError(
      'GOSSIP_E_NO_GOODBYE',
      `the node has ended, and none of the ${answer.told} peers that it told has heard its goodbye`,
    );
  return answer;
}

function notRunning(dataDir: string): GossipError {
  return new GossipError('GOSSIP_E_UNREACHABLE', `no node runs with ${dataDir}`, {
    advice: 'Only a running node can say goodbye; start it once more, or let the others find out by themselves.',
  });
}
