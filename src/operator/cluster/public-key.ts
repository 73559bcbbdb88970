/** Public keys of further operators, as files in PEM. */
import { createPublicKey } from 'node:crypto';
import { GossipError } from '../../model/errors.ts';
import { decodePublic, keyidOf } from '../../trust/keys.ts';
import type { PublicKey } from '../../trust/keys.ts';
import { readGivenText } from '../files/given-file.ts';

export async function readPublicKey(path: string): Promise<PublicKey> {
  const pem = await readGivenText(path, 'key');
  if (pem.includes('PRIVATE KEY-----')) {
    throw new GossipError('GOSSIP_E_KEY', `${path} holds a private key, which must stay with its owner`, {
      advice: 'Ask its owner for the public half: openssl pkey -in my.key -pubout -out my.pub',
    });
  }
  try {
    const spki = createPublicKey(pem).export({ format: 'der', type: 'spki' });
    const text = spki.toString('base64');
    decodePublic(text);
    return { keyid: keyidOf(spki), public: text };
  } catch (cause) {
    throw new GossipError('GOSSIP_E_KEY', `${path} holds no Ed25519 public key`, {
      cause,
      advice: 'Make one with: openssl genpkey -algorithm ed25519 -out my.key && openssl pkey -in my.key -pubout -out my.pub',
    });
  }
}
