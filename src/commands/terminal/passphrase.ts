/** Asks for a passphrase: from `GOSSIP_PASSPHRASE`, or on the terminal without showing it. */
import { Errors } from '@oclif/core';
import { GossipError } from '../../model/errors.ts';
import { safeText } from '../../model/safe-text.ts';
import { given } from '../../process/environment.ts';
import { askLine, INTERRUPTED, isAttended } from './question.ts';

/** The passphrase of the environment, for keys that are made. */
export function givenPassphrase(): string | undefined {
  return given('GOSSIP_PASSPHRASE');
}

export async function askPassphrase(path: string): Promise<string> {
  const passphrase = givenPassphrase();
  if (passphrase !== undefined) return passphrase;
  if (!isAttended()) throw new GossipError('GOSSIP_E_PASSPHRASE', `${path} is encrypted`);
  const answer = await askLine(`Passphrase of ${safeText(path)}: `, { hidden: true });
  if (answer === 'interrupted') throw new Errors.ExitError(INTERRUPTED);
  if (answer === null) throw new GossipError('GOSSIP_E_PASSPHRASE', `no passphrase was given for ${path}`);
  return answer.text;
}
