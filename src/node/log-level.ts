/** `gossip node log-level`: asks the node that runs with a data directory for another log level, until its next start. */
import { setTimeout as pause } from 'node:timers/promises';
import { isNodeData } from '../core/store/data-directory.ts';
import { holderOfDirectory } from '../core/store/files/lock.ts';
import { clearLevel, levelAnswer, wishLevel } from '../core/store/level-wish.ts';
import type { LevelChange } from '../core/store/level-wish.ts';
import { GossipError } from '../model/errors.ts';
import type { LogLevel } from '../model/log-level.ts';
import { noNode, signalHolder } from './running.ts';

/** A node answers at once, and on a machine that has much to do later. */
const ANSWER_MS = 10_000;
const LOOK_MS = 20;

/** Resolves when the node has changed it; throws where none runs, or it does not answer. */
export async function changeLogLevel(dataDir: string, to: LogLevel, withinMs = ANSWER_MS): Promise<LevelChange> {
  if (!(await isNodeData(dataDir))) throw noNode(dataDir);
  const notRunning = (): GossipError =>
    new GossipError('GOSSIP_E_UNREACHABLE', `no node runs with ${dataDir}`, { advice: 'Start it with --log-level instead.' });
  const holder = holderOfDirectory(dataDir);
  if (holder === null) throw notRunning();
  signalHolder(holder, 'SIGUSR2', {
    wish: () => wishLevel(dataDir, to),
    clear: () => clearLevel(dataDir),
    what: 'change its log level',
    notRunning,
  });
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = levelAnswer(dataDir);
    if (answer !== null) {
      clearLevel(dataDir);
      if (answer.to === to) return answer;
      throw new GossipError('GOSSIP_E_BUSY', `somebody else has just set the level to ${answer.to}`);
    }
    if (holderOfDirectory(dataDir) !== holder) throw notRunning();
    if (performance.now() >= deadline) {
      clearLevel(dataDir);
      throw new GossipError(
        'GOSSIP_E_TIMEOUT',
        `process ${holder} was asked for another log level, and has not answered within ${withinMs} ms`,
        {
          advice: 'It is frozen, or of a version that knows no such question: start it again with --log-level.',
        },
      );
    }
    await pause(LOOK_MS);
  }
}
