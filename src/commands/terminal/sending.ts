/** The last step of every command that makes a deployment: into a node, or into a file where `--write` says so. */
import type { Speaker } from './speaker.ts';
import { deliver, entranceText } from './deploying.ts';
import type { Delivery } from './deploying.ts';
import { waitingOf } from './flags.ts';
import type { WaitFlags } from './flags.ts';
import { writeSigned } from './writing.ts';

type SendingFlags = WaitFlags & { readonly wait: boolean; readonly write: string | undefined; readonly yes: boolean };

/** `title` says what was made, once it is: with the deployment's name. */
export async function send(
  command: Speaker,
  making: Omit<Delivery, 'waiting' | 'onInjected' | 'yes'>,
  flags: SendingFlags,
  title: (name: string) => void,
): Promise<object> {
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
