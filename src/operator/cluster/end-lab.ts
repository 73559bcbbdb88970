/** Ends a lab: its nodes, what the settings know of its cluster, and what it kept. */
import { GossipError } from '../../model/errors.ts';
import { Lab } from '../../lab/lab.ts';
import { awaitTurn } from '../../lab/turn.ts';
import type { Settings } from '../settings/settings.ts';

export interface EndLabOptions {
  readonly directory: string;
  /** Leaves data and logs. */
  readonly keep: boolean;
  /** Told once when another command is just starting or ending this lab. */
  readonly onWait: (text: string) => void;
}

export interface EndedLab {
  readonly lab: Lab;
  /** Names of the nodes that ran until now. */
  readonly ended: readonly string[];
  /** Of the others: killed or drained, and not started again. */
  readonly endedBefore: readonly string[];
  /** Which cluster was the current one, and which is now. */
  readonly before: string | null;
  readonly current: string | null;
}

/** @throws GOSSIP_E_LAB where there is none, or where one of its nodes cannot be ended: then nothing is removed */
export async function endLab(settings: Settings, { directory, keep, onWait }: EndLabOptions): Promise<EndedLab> {
  // Where there is none nothing is made either.
  await Lab.open(directory);
  const turn = await awaitTurn(directory, { onWait });
  if (turn === null) throw new GossipError('GOSSIP_E_LAB', `there is no lab in ${directory} any more: another command has just ended it`);
  try {
    // As whoever was at work on it has left it.
    const lab = await Lab.open(directory);
    const ended = await lab.down();
    const endedBefore = lab.nodes.map(({ name }) => name).filter((name) => !ended.includes(name));
    const before = settings.current();
    if (settings.clusters()[lab.cluster]?.directory === lab.operatorDirectory) await settings.forget(lab.cluster);
    const current = settings.current();
    if (!keep) await lab.remove();
    return { lab, ended, endedBefore, before, current };
  } finally {
    turn.release();
  }
}
