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

/** For something that is encrypted now: from the environment, or typed twice. `GOSSIP_E_PASSPHRASE` where nobody can be asked, or the two differ. */
export async function askNewPassphrase(what: string): Promise<string> {
  const passphrase = givenPassphrase();
  if (passphrase !== undefined) return passphrase;
  if (!isAttended()) {
    throw new GossipError('GOSSIP_E_PASSPHRASE', `there is no terminal to ask on for a passphrase of ${what}`, {
      advice: 'Give one with GOSSIP_PASSPHRASE; or say --no-passphrase.',
    });
  }
  const first = await askHidden(`Passphrase for ${what}: `, what);
  if (first === '') throw new GossipError('GOSSIP_E_PASSPHRASE', `no passphrase was given for ${what}`);
  if ((await askHidden('The same again: ', what)) === first) return first;
  throw new GossipError('GOSSIP_E_PASSPHRASE', 'these were two passphrases; nothing was written', { advice: 'Type the same one twice.' });
}

export async function askPassphrase(path: string): Promise<string> {
  const passphrase = givenPassphrase();
  if (passphrase !== undefined) return passphrase;
  if (!isAttended()) throw new GossipError('GOSSIP_E_PASSPHRASE', `${path} is encrypted`);
  return askHidden(`Passphrase of ${safeText(path)}: `, path);
}

async function askHidden(question: string, what: string): Promise<string> {
  const answer = await askLine(question, { hidden: true });
  if (answer === 'interrupted') throw new Errors.ExitError(INTERRUPTED);
  if (answer === null) throw new GossipError('GOSSIP_E_PASSPHRASE', `no passphrase was given for ${what}`);
  return answer.text;
}
