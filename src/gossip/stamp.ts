/** The stamp: what the sender's instance runs, in at most 75 bytes of a header. A hint until a signed record confirms it. */
import { GossipError } from '../model/errors.ts';
import { MAX_SEQUENCE, MAX_TIME } from '../model/deployment-number.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { PayloadHash } from '../model/names.ts';
import { base64url, hexOf } from './digest.ts';

export interface Stamp {
  readonly trustEpoch: number;
  readonly sequence: number;
  readonly time: number;
  /** First 128 bits of the deployment's payload hash, 32 hex digits. */
  readonly hash: string;
  /** Likewise of the deployment that opened the state epoch; '-' when the module was never scrubbed. */
  readonly stateEpoch: string;
}

const FORM = /^([0-9a-z]{1,8})\.([0-9a-z]{1,8})\.([0-9a-z]{1,11})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{22}|-)$/;

function shortHash(hash: PayloadHash): string {
  return hash.slice(0, 32);
}

export function stampOf(record: VerifiedDeployment, stateEpoch: PayloadHash | null): Stamp {
  const { epoch: trustEpoch, number } = record.deployment;
  return {
    trustEpoch,
    sequence: number.sequence,
    time: number.time,
    hash: shortHash(record.hash),
    stateEpoch: stateEpoch === null ? '-' : shortHash(stateEpoch),
  };
}

export function formatStamp(stamp: Stamp): string {
  const stateEpoch = stamp.stateEpoch === '-' ? '-' : base64url(stamp.stateEpoch);
  const numbers = [stamp.trustEpoch, stamp.sequence, stamp.time].map((number) => number.toString(36));
  return [...numbers, base64url(stamp.hash), stateEpoch].join('.');
}

export function parseStamp(text: string): Stamp {
  const [, trustEpoch = '', sequence = '', time = '', hash, stateEpoch] = FORM.exec(text) ?? [];
  if (hash === undefined || stateEpoch === undefined) throw malformed();
  const stamp: Stamp = {
    trustEpoch: parseInt(trustEpoch, 36),
    sequence: parseInt(sequence, 36),
    time: parseInt(time, 36),
    hash: hexOf(hash),
    stateEpoch: stateEpoch === '-' ? '-' : hexOf(stateEpoch),
  };
  // One stamp has one text: other spellings are refused, numbers out of bounds too (attack A13).
  const bounded = stamp.trustEpoch <= MAX_SEQUENCE && stamp.sequence <= MAX_SEQUENCE && stamp.time <= MAX_TIME;
  if (!bounded || formatStamp(stamp) !== text) throw malformed();
  return stamp;
}

function malformed(): GossipError {
  return new GossipError('GOSSIP_E_REQUEST', 'malformed gossip-deployment header');
}
