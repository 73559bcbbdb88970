/** The last step of every command that makes a deployment: into a node; with `--write` into a file; with `--dry-run` in words alone. */
import type { Speaker } from './speaker.ts';
import { foretell } from './dry-run.ts';
import { deliver, entranceText } from './deploying.ts';
import type { Delivery } from './deploying.ts';
import { waitingOf } from './flags.ts';
import type { WaitFlags } from './flags.ts';
import { writeSigned } from './writing.ts';

type SendingFlags = WaitFlags & {
  readonly wait: boolean;
  readonly write: string | undefined;
  readonly yes: boolean;
  readonly 'dry-run': boolean;
  readonly 'detailed-exitcode': boolean;
};

/** Exit code of `--dry-run --detailed-exitcode` where something would change. */
const WOULD_CHANGE = 9;

/** `title` says what was made, once it is: with the deployment's name. */
export async function send(
  command: Speaker,
  making: Omit<Delivery, 'waiting' | 'onInjected' | 'yes'>,
  flags: SendingFlags,
  title: (name: string) => void,
) {
  if (flags['dry-run']) {
    const told = await foretell(command, making);
    if (flags['detailed-exitcode'] && told.changes) command.endWith(WOULD_CHANGE);
    return told;
  }
  if (flags.write !== undefined) return writeSigned(command, { ...making, file: flags.write, onWritten: title });
  return deliver(command, {
    ...making,
    yes: flags.yes,
    waiting: waitingOf(flags),
    onInjected: ({ name }) => {
      title(name);
      command.remark(entranceText(name, making.node, flags.wait));
    },
  });
}
