/** The self-signed X.509 certificate of a node, in the few lines of DER that it needs. It only carries the key: peers pin its id. */
import type { PrivateKey } from './keys.ts';
import { DER as tag, element, pemOf } from './der.ts';

const ED25519 = Buffer.from('06032b6570', 'hex');
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const KEY_USAGE = Buffer.from('0603551d0f', 'hex');
const EXTENDED_KEY_USAGE = Buffer.from('0603551d25', 'hex');
const SERVER_AND_CLIENT = Buffer.from('06082b0601050507030106082b06010505070302', 'hex');
const DIGITAL_SIGNATURE = Buffer.from('0780', 'hex');
const TRUE = Buffer.from('0101ff', 'hex');
const VERSION_3 = Buffer.from('a003020102', 'hex');

/** The certificate of a key, as PEM. Made from the key alone, so that the same key always has the same certificate. */
export function certificateOf(key: PrivateKey): string {
  const body = toBeSigned(key);
  const signature = key.sign(body);
  const der = element(tag.sequence, body, element(tag.sequence, ED25519), element(tag.bits, Buffer.of(0), signature));
  return pemOf('CERTIFICATE', der);
}

function toBeSigned(key: PrivateKey): Buffer {
  const serial = Buffer.from(`01${key.keyid.slice(0, 30)}`, 'hex');
  const name = commonName(key.keyid.slice(0, 32));
  return element(
    tag.sequence,
    VERSION_3,
    element(tag.integer, serial),
    element(tag.sequence, ED25519),
    name,
    always(),
    name,
    Buffer.from(key.public, 'base64'),
    element(0xa3, element(tag.sequence, keyUsage(), extendedKeyUsage())),
  );
}

function commonName(text: string): Buffer {
  return element(tag.sequence, element(tag.set, element(tag.sequence, COMMON_NAME, element(tag.utf8, Buffer.from(text)))));
}

/** From 1970 to 9999: a node with a wrong clock gossips all the same (law 7). */
function always(): Buffer {
  const from = element(tag.utcTime, Buffer.from('700101000000Z'));
  return element(tag.sequence, from, element(tag.generalizedTime, Buffer.from('99991231235959Z')));
}

function keyUsage(): Buffer {
  return element(tag.sequence, KEY_USAGE, TRUE, element(tag.octets, element(tag.bits, DIGITAL_SIGNATURE)));
}

function extendedKeyUsage(): Buffer {
  return element(tag.sequence, EXTENDED_KEY_USAGE, element(tag.octets, element(tag.sequence, SERVER_AND_CLIENT)));
}
