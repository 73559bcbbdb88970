/** How a node of this machine is ended and what is told of it, for the commands that do so. */
import type { LastState } from '../../core/store/leave-wish.ts';
import { safeText } from '../../model/safe-text.ts';
import { formatDuration } from '../../model/duration.ts';
import { leaveNode } from '../../node/leave.ts';
import { drainComplaint, drainExit, drainLines } from '../../operator/render/drain-text.ts';
import { durationFlag } from './flags.ts';
import type { Speaker } from './speaker.ts';

/** A node ends within 5 s, and on a machine that has much to do later. */
const LEAVE_MS = 30_000;
const NOT_IN_TIME = 4;

export const leavingFlags = {
  timeout: durationFlag({
    summary: 'How long it waits for the end of the process; then exit code 4, and the node goes on ending.',
    default: LEAVE_MS,
    defaultHelp: async () => '30s',
  }),
};

export interface LeavingJson {
  readonly data: string;
  /** Whether the process has ended. Where it has not, nothing else is known. */
  readonly ended: boolean;
  /** Whether it had left before, and was not started since: what follows is what it told then. */
  readonly already: boolean;
  /** When it had said goodbye, in ISO 8601 by its clock; null where it has not, or did not tell. */
  readonly leftAt: string | null;
  /** Peers that the node told, and those of them that have heard it. */
  readonly told: number | null;
  readonly heard: number | null;
  /** Of every module that should run there. */
  readonly modules: readonly LastState[];
}

/** Ends with 1 where a module's last state is not saved, with 3 where nobody heard the goodbye, with 4 where the process has not ended in time. */
export async function tellLeaving(data: string, withinMs: number, speaker: Speaker): Promise<LeavingJson> {
  const answer = await leaveNode(data, withinMs);
  if (answer === null) {
    speaker.remark(`The node was told to leave, and has not ended within ${formatDuration(withinMs)}; it may do so yet.`);
    speaker.endWith(NOT_IN_TIME);
    return { data, ended: false, already: false, leftAt: null, told: null, heard: null, modules: [] };
  }
  for (const line of drainLines(answer)) speaker.show(safeText(line));
  const complaint = drainComplaint(answer);
  if (complaint !== null) speaker.remark(complaint);
  const exit = drainExit(answer);
  if (exit !== 0) speaker.endWith(exit);
  const { at, already, ...rest } = answer;
  return { data, ended: true, already, leftAt: at === null ? null : new Date(at).toISOString(), ...rest };
}
