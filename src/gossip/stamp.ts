/** The stamp: what the sender's instance runs, in at most 75 bytes of a header. A hint until a signed record confirms it. */
import { GossipError } from '../model/errors.ts';
import { MAX_SEQUENCE, MAX_TIME } from '../model/deployment.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { PayloadHash } from '../model/names.ts';
import { base64url, hexOf } from './digest.ts';

export interface Stamp {
  readonly epoch: number;
  readonly sequence: number;
  readonly time: number;
  /** First 128 bits of the deployment's payload hash, 32 hex digits. */
  readonly hash: string;
  /** State epoch: likewise of the last scrubbing deployment; '-' when the module was never scrubbed. */
  readonly scrub: string;
}

const FORM = /^([0-9a-z]{1,8})\.([0-9a-z]{1,8})\.([0-9a-z]{1,11})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{22}|-)$/;

function shortHash(hash: PayloadHash): string {
  return hash.slice(0, 32);
}

export function stampOf(record: VerifiedDeployment, lastScrub: PayloadHash | null): Stamp {
  const { epoch, number } = record.deployment;
  return {
    epoch,
    sequence: number.sequence,
    time: number.time,
    hash: shortHash(record.hash),
    scrub: lastScrub === null ? '-' : shortHash(lastScrub),
  };
}

export function formatStamp(stamp: Stamp): string {
  const scrub = stamp.scrub === '-' ? '-' : base64url(stamp.scrub);
  const numbers = [stamp.epoch, stamp.sequence, stamp.time].map((number) => number.toString(36));
  return [...numbers, base64url(stamp.hash), scrub].join('.');
}

export function parseStamp(text: string): Stamp {
  const [, epoch = '', sequence = '', time = '', hash, scrub] = FORM.exec(text) ?? [];
  if (hash === undefined || scrub === undefined) throw malformed();
  const stamp: Stamp = {
    epoch: parseInt(epoch, 36),
    sequence: parseInt(sequence, 36),
    time: parseInt(time, 36),
    hash: hexOf(hash),
    scrub: scrub === '-' ? '-' : hexOf(scrub),
  };
  // One stamp has one text: other spellings are refused, numbers out of bounds too (attack A13).
  const bounded = stamp.epoch <= MAX_SEQUENCE && stamp.sequence <= MAX_SEQUENCE && stamp.time <= MAX_TIME;
  if (!bounded || formatStamp(stamp) !== text) throw malformed();
  return stamp;
}

function malformed(): GossipError {
  return new GossipError('GOSSIP_E_REQUEST', 'malformed gossip-deployment header');
}
