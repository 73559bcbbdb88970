/**
 * Warrants: by what a node tells an operator from its peers, who are admitted as well. A key of the root says who asks. A warrant is bound to the key that its
 * bearer proves to hold in TLS, so that the node that is shown it cannot use it; it is made anew for each command, and kept nowhere.
 */
import * as v from 'valibot';
import { GossipError } from '../model/errors.ts';
import { clusterId, nodeId } from '../model/forms.ts';
import type { NodeId } from '../model/names.ts';
import { canonicalBytes, parseJson } from './canonical.ts';
import { signEnvelope, verifyEnvelope } from './envelope.ts';
import { parseForm } from './form.ts';
import type { PrivateKey } from './keys.ts';
import { roleOf } from './root.ts';
import type { TrustedRoot } from './root.ts';

const WARRANT_TYPE = 'gossip/warrant/1';
/** One has some 700 bytes. No more than a few signatures fit, each of which costs a check (attack A6). */
export const MAX_WARRANT_BYTES = 1_024;

const warrantSchema = v.strictObject({
  type: v.literal(WARRANT_TYPE),
  cluster: clusterId,
  epoch: v.pipe(v.number(), v.integer()),
  /** The identity in TLS of the operator's commands. */
  operator: nodeId,
});

/** Text for a header. */
export function makeWarrant(root: TrustedRoot, operator: NodeId, key: PrivateKey): string {
  const payload = { type: WARRANT_TYPE, cluster: root.cluster, epoch: root.root.epoch, operator };
  return Buffer.from(canonicalBytes(signEnvelope(WARRANT_TYPE, payload, [key]))).toString();
}

/** What a warrant must be good for: what lies open to operators who only observe, or what takes one who may deploy. */
export type Need = 'observe' | 'deploy';

/** Throws where `text` does not say that `from` is such an operator: by one key, whatever the threshold, for nothing is deployed. Whoever may deploy may observe. */
export function verifyWarrant(text: string, from: NodeId, root: TrustedRoot, need: Need): void {
  const keys = new Map(roleOf(root.root, 'deploy').keys);
  if (need === 'observe') for (const [keyid, key] of roleOf(root.root, 'observe').keys) keys.set(keyid, key);
  const envelope = parseJson(Buffer.from(text), { maxBytes: MAX_WARRANT_BYTES, maxDepth: 4 });
  const { payload } = verifyEnvelope(envelope, { payloadType: WARRANT_TYPE, maxBytes: MAX_WARRANT_BYTES, keys, threshold: 1 });
  const { cluster, epoch, operator } = parseForm(warrantSchema, payload, 'warrant');
  if (cluster !== root.cluster) throw new GossipError('GOSSIP_E_WRONG_CLUSTER', `a warrant for cluster ${cluster.slice(0, 12)}`);
  if (epoch !== root.root.epoch) throw new GossipError('GOSSIP_E_WRONG_EPOCH', `a warrant of trust epoch ${epoch}`);
  if (operator !== from) throw new GossipError('GOSSIP_E_IDENTITY', 'the warrant is that of somebody else');
}
