/** `gossip drain` and `gossip node leave`: ask the node that runs with a data directory to say goodbye and end, and wait for that. */
import { setTimeout as pause } from 'node:timers/promises';
import { holderOfDirectory } from '../core/store/files/lock.ts';
import { clearLeave, isLeaveBegun, isLeaveWished, leaveAnswer, wishLeave } from '../core/store/leave-wish.ts';
import type { Left } from '../core/store/leave-wish.ts';
import { isNodeData } from '../core/store/data-directory.ts';
import { GossipError } from '../model/errors.ts';
import { noNode, signalHolder } from './running.ts';

const LOOK_MS = 100;
/** Another command's wish that the node has not begun upon for so long, longer than a node takes to end: it was killed before it sent the signal. */
const UNHEARD_MS = 6_000;

/**
 * Resolves with what the node has kept and said when its process has ended, or at once where it left before and was not started since; with null
 * where it has not ended within `withinMs`: it may do so yet.
 * @throws GOSSIP_E_NO_NODE where the directory is none of a node, GOSSIP_E_UNREACHABLE where none runs and none has left, GOSSIP_E_NO_GOODBYE where it
 * ended in another way
 */
export async function leaveNode(dataDir: string, withinMs: number): Promise<Left | null> {
  if (!(await isNodeData(dataDir))) throw noNode(dataDir);
  const holder = holderOfDirectory(dataDir);
  if (holder === null) {
    const left = leaveAnswer(dataDir);
    if (left === null) throw notRunning(dataDir);
    return { ...left, already: true };
  }
  const ask = (): void =>
    signalHolder(holder, 'SIGTERM', {
      wish: () => wishLeave(dataDir),
      clear: () => clearLeave(dataDir),
      what: 'leave',
      notRunning: () => notRunning(dataDir),
    });
  // A second signal would end it at once, without what it is just keeping.
  const isLeaving = (): boolean => isLeaveBegun(dataDir) || leaveAnswer(dataDir) !== null;
  let isAsked = false;
  const askOnce = (): void => {
    isAsked = true;
    ask();
  };
  if (!isLeaving() && !isLeaveWished(dataDir)) askOnce();
  const begunAt = performance.now();
  while (holderOfDirectory(dataDir) === holder) {
    const waitedMs = performance.now() - begunAt;
    if (waitedMs >= withinMs) return null;
    if (!isAsked && waitedMs >= Math.min(UNHEARD_MS, withinMs / 2) && !isLeaving()) askOnce();
    await pause(LOOK_MS);
  }
  const answer = leaveAnswer(dataDir);
  if (answer !== null) return { ...answer, already: false };
  clearLeave(dataDir);
  throw new GossipError('GOSSIP_E_NO_GOODBYE', 'the node has ended without saying goodbye');
}

function notRunning(dataDir: string): GossipError {
  return new GossipError('GOSSIP_E_UNREACHABLE', `no node runs with ${dataDir}`, {
    advice:
      'Only a running node can say goodbye. If it has not said its own yet, start it once more, or let the others find out by themselves.',
  });
}
