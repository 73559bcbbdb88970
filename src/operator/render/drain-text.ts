/** What a node has kept and said before it ended, for people and for the exit code. */
import type { LastState, LeaveAnswer, Left } from '../../core/store/leave-wish.ts';
import { formatDuration } from '../../model/duration.ts';

/** Unsaved state weighs more than a goodbye that nobody heard: the others find out by themselves that a node is gone. */
const EXIT = { unsaved: 1, unheard: 3 } as const;

/** 0 where all is saved and said. */
export function drainExit(answer: LeaveAnswer): number {
  if (unsaved(answer).length > 0) return EXIT.unsaved;
  return isUnheard(answer) ? EXIT.unheard : 0;
}

/** When it left, where that was before; a line for each module, then the goodbye. */
export function drainLines(answer: Left): readonly string[] {
  const { told, heard, modules, already, at } = answer;
  const goodbye =
    told === 0
      ? 'The node has left; there was nobody to tell.'
      : `The node has left. ${heard} of the ${told} peers that it told have heard, and pass it on.`;
  return [
    ...(already
      ? [`It had left before${at === null ? '' : `, at ${new Date(at).toISOString()}`}, and was not started since. What it told then:`]
      : []),
    ...modules.map((module) => moduleLine(module, already)),
    isUnheard(answer) ? `The node has ended, and none of the ${told} peers that it told has heard.` : goodbye,
  ];
}

/** What somebody should know who reads nothing else; null where all is well. */
export function drainComplaint(answer: LeaveAnswer): string | null {
  const names = unsaved(answer).map(({ name }) => `'${name}'`);
  if (names.length > 0) return `The last state of ${names.join(', ')} is not saved: the next start goes on from what is on the disk.`;
  return isUnheard(answer)
    ? 'Nobody has heard its goodbye (GOSSIP_E_NO_GOODBYE): the others find out that it is gone, and take it to be dead until it is back.'
    : null;
}

function moduleLine({ name, deployment, bytes, ageMs, saved, why }: LastState, already: boolean): string {
  const size = bytes === null ? 'a state' : `a state of ${bytes} bytes`;
  const kept =
    ageMs === null ? 'no state is on the disk' : `${size} is on the disk, ${formatDuration(ageMs)} old${already ? ' when it left' : ''}`;
  const module = `${name} ${deployment}`;
  if (saved) return `${module}: saved; ${kept}.`;
  return `${module}: NOT saved (${why === null ? 'it is not known why' : `${why.message}; ${why.code}`}); ${kept}.`;
}

function unsaved({ modules }: LeaveAnswer): readonly LastState[] {
  return modules.filter(({ saved }) => !saved);
}

function isUnheard({ told, heard }: LeaveAnswer): boolean {
  return told > 0 && heard === 0;
}
