/** Public keys of further operators, as files in PEM. */
import { GossipError } from '../../model/errors.ts';
import { fromPublicPem } from '../../trust/keys.ts';
import type { PublicKey } from '../../trust/keys.ts';
import { wrongFile } from '../../trust/file-contents.ts';
import { readGivenText } from '../files/given-file.ts';

export async function readPublicKey(path: string): Promise<PublicKey> {
  const pem = await readGivenText(path, 'key');
  if (pem.includes('PRIVATE KEY-----')) {
    throw new GossipError('GOSSIP_E_KEY', `${path} holds a private key, which must stay with its owner`, {
      advice: 'Ask its owner for the public half: gossip key show my.key > my.pub',
    });
  }
  try {
    return fromPublicPem(pem);
  } catch (cause) {
    const advice = 'Make one with: gossip key new my.key > my.pub; or print that of a key: gossip key show my.key > my.pub';
    if (!pem.includes('-----END PUBLIC KEY-----'))
      throw wrongFile(path, 'public key', Buffer.from(pem), { code: 'GOSSIP_E_KEY', advice, cause });
    throw new GossipError('GOSSIP_E_KEY', `${path} holds no Ed25519 public key`, { cause, advice });
  }
}
