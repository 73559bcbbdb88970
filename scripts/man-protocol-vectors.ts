/** gossip-protocol(7): one example of each thing that must be the same to the byte, made by the code that nodes run. */
import { Buffer } from 'node:buffer';
import { digestOf } from '../src/gossip/digest.ts';
import { formatStamp } from '../src/gossip/stamp.ts';
import type { ClusterId, PayloadHash } from '../src/model/names.ts';
import { canonicalBytes } from '../src/trust/canonical.ts';
import { signEnvelope } from '../src/trust/envelope.ts';
import { makeFarewell, makeReturn } from '../src/trust/farewell.ts';
import { fromSecret } from '../src/trust/keys.ts';
import type { Block } from './mdoc.ts';

const WIDTH = 64;
/** PKCS#8 of an Ed25519 key (RFC 8410), up to the 32 bytes of its seed. */
const PKCS8 = '302e020100300506032b657004220420';
const SEED = Array.from({ length: 32 }, (_, at) => at.toString(16).padStart(2, '0')).join('');

export function vectorBlocks(): Block[] {
  const key = fromSecret(Buffer.from(PKCS8 + SEED, 'hex').toString('base64'));
  const payload = { b: 1, a: 'x' };
  const type = 'gossip/example/1';
  const canonical = Buffer.from(canonicalBytes(payload));
  const { signatures } = signEnvelope(type, payload, [key]);
  const cluster = '0'.repeat(64) as ClusterId;
  const [one, other] = ['1'.repeat(64), 'f'.repeat(64)] as PayloadHash[] as [PayloadHash, PayloadHash];
  const stamp = formatStamp({ trustEpoch: 1, sequence: 40, time: 1_000_000, hash: one.slice(0, 32), stateEpoch: '-' });
  return [
    'The seed of an Ed25519 key, in hexadecimal, and the id of its node:',
    { lines: [...folded(SEED), ...folded(key.keyid)] },
    'The payload {"b":1,"a":"x"} of the type gossip/example/1: its canonical form, its base64, what is signed, and the signature of that key:',
    {
      lines: [
        canonical.toString(),
        canonical.toString('base64'),
        `DSSEv1 ${type.length} ${type} ${canonical.length} ${canonical.toString()}`,
        ...folded(signatures[0]?.sig ?? ''),
      ],
    },
    'The farewell of that node in its incarnation 7, in the cluster of 64 times the digit 0; it is one line:',
    { lines: folded(makeFarewell(cluster, 7, key).line) },
    'Its return, in its incarnation 8:',
    { lines: folded(makeReturn(cluster, 8, key).line) },
    'The stamp of a record of trust epoch 1, sequence 40, time 1000000, and a hash of 64 times the digit 1, in no state epoch:',
    { lines: [stamp] },
    'The digest of that record and one with a hash of 64 times the digit f:',
    { lines: [digestOf([one, other])] },
  ];
}

function folded(text: string): string[] {
  return text.match(new RegExp(`.{1,${WIDTH}}`, 'g')) ?? [];
}
