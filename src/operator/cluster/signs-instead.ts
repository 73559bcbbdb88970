/** What signs in place of the key in a cluster's directory: chosen by a flag, or for a whole shell or build server by the environment. */
import { errorAbout, GossipError } from '../../model/errors.ts';
import { given } from '../../process/environment.ts';
import type { Environment } from '../../process/environment.ts';
import type { PrivateKey } from '../../trust/keys.ts';
import { nameOfOwn } from '../settings/stand-in.ts';
import { readKey, unaskedKey } from './key-file.ts';
import type { KeyOwner, SignsInstead } from './key-file.ts';
import { openSigner } from './signer.ts';

/** `--signer PROGRAM` comes before the environment: there one of GOSSIP_SIGNER and GOSSIP_KEY_FILE may be given. Null: the cluster's own key. */
export function signsInstead(signer: string | undefined, environment: Environment = process.env): SignsInstead | null {
  if (signer !== undefined) return { program: signer };
  refuseFormerName(environment);
  const [program, file] = [given('GOSSIP_SIGNER', environment), given('GOSSIP_KEY_FILE', environment)];
  if (program !== undefined && file !== undefined) {
    throw new GossipError('GOSSIP_E_USAGE', 'GOSSIP_SIGNER and GOSSIP_KEY_FILE both say what signs', { advice: 'Give one of them.' });
  }
  if (program !== undefined) return { program };
  return file === undefined ? null : { file };
}

/** Signing with another key than before, without a word, is worse than an error. */
export function refuseFormerName(environment: Environment = process.env): void {
  if (given('GOSSIP_KEY', environment) === undefined) return;
  throw new GossipError('GOSSIP_E_USAGE', 'GOSSIP_KEY is not read any more: it would have been for two commands alone', {
    advice: 'The key that all commands sign with is GOSSIP_KEY_FILE; for one command give --key.',
  });
}

/** Opens it; null where the owner chose nothing. */
export async function openInstead(owner: KeyOwner): Promise<PrivateKey | null> {
  const instead = owner.instead?.() ?? null;
  if (instead === null) return null;
  if ('program' in instead) return openSigner(instead.program);
  return readKey(instead.file, owner).catch(refuse);
}

/** Refuses a file that was chosen and holds no key, where nothing is signed yet; whose key it is, and what a program would answer, is not looked at. */
export async function checkInstead(owner: KeyOwner): Promise<void> {
  const instead = owner.instead?.() ?? null;
  if (instead !== null && 'file' in instead) await unaskedKey(instead.file).catch(refuse);
}

/** It was not typed for this command: whoever reads the error must know where to look. */
function refuse(thrown: unknown): never {
  throw thrown instanceof GossipError ? errorAbout(nameOfOwn('GOSSIP_KEY_FILE'), thrown) : thrown;
}
