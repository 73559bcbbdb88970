/** With what a command ends: for gossip(1) and for the surface; docs/errors.md says the same at length. */

export interface ExitCode {
  readonly code: number;
  readonly means: string;
  /** The only commands that end so, by their ids; absent where every one may. */
  readonly only?: readonly string[];
}

const DEPLOYING = ['deploy', 'module:settings', 'module:state:import', 'remove', 'rollback'];
const WAITING = [...DEPLOYING, 'config:inject', 'rollout'];

export const EXIT_CODES: readonly ExitCode[] = [
  { code: 0, means: 'Done; with --wait: every reachable node has it.' },
  {
    code: 1,
    means: 'An error; of gossip status --check and gossip doctor: something is wrong; of gossip drain: a last state is not saved.',
  },
  { code: 2, means: 'The command was not understood, or names no node of this machine where it wants one.' },
  { code: 3, means: 'No node could be reached.' },
  {
    code: 4,
    means: 'Not everywhere before the timeout, and it goes on; or some nodes did not answer, or one has not ended in time.',
    only: [...WAITING, 'call', 'drain', 'drill', 'node:leave'],
  },
  { code: 5, means: 'Held or failed on the nodes.' },
  { code: 6, means: 'Refused: a signature, trust or a number.' },
  { code: 7, means: 'A rehearsed state came back changed.', only: ['module:rehearse'] },
  { code: 8, means: 'Somebody else deployed first.' },
  { code: 9, means: 'With --dry-run --detailed-exitcode: something would change.', only: DEPLOYING },
  { code: 70, means: 'The program itself cannot run: there is no Node.js 26, or it is not built.' },
  { code: 130, means: 'Ended by Ctrl-C; what was injected goes on.' },
  { code: 143, means: 'Ended by SIGTERM; what was injected goes on.' },
];
