/** Admissions: proof that a node may be in the cluster. `admit` keys delegate to a token's key, which admits nodes without anybody online. */
import * as v from 'valibot';
import type { Envelope } from '../model/deployment.ts';
import { GossipError } from '../model/errors.ts';
import { clusterId, nodeId } from '../model/forms.ts';
import type { ClusterId, NodeId } from '../model/names.ts';
import { parsePayload, readEnvelope, signEnvelope, verifyEnvelope } from './envelope.ts';
import { parseForm } from './form.ts';
import { decodePublic, keyidOf } from './keys.ts';
import type { PrivateKey } from './keys.ts';
import { actingRole, pastRoles } from './next-root.ts';
import type { TrustedRoot } from './root.ts';

const DELEGATION_TYPE = 'gossip/delegation/1';
const ADMISSION_TYPE = 'gossip/admission/1';
const MAX_ENVELOPE_BYTES = 4_096;
/** The last time that a date can be written for. */
const MAX_EXPIRES = 8.64e15;

export interface Delegation {
  readonly cluster: ClusterId;
  /** The delegated key: SPKI, DER, base64. */
  readonly public: string;
  /** Milliseconds since 1970 after which it admits nobody new; null: never ends. */
  readonly expires: number | null;
}

/** What a node shows to those who do not know it yet. */
export interface Admission {
  readonly delegation: Envelope;
  readonly admission: Envelope;
}

const delegationSchema = v.strictObject({
  type: v.literal(DELEGATION_TYPE),
  cluster: clusterId,
  public: v.pipe(v.string(), v.maxLength(128)),
  expires: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_EXPIRES))),
});
const admissionSchema = v.strictObject({ type: v.literal(ADMISSION_TYPE), cluster: clusterId, node: nodeId });
const shownSchema = v.strictObject({ delegation: v.unknown(), admission: v.unknown() });

/** Lets the key `public` admit nodes until `expires`. */
export function makeDelegation(delegation: Delegation, admitSigners: readonly PrivateKey[]): Envelope {
  const { cluster, expires } = delegation;
  const payload = { type: DELEGATION_TYPE, cluster, public: delegation.public, expires };
  parseForm(delegationSchema, payload, 'delegation');
  return signEnvelope(DELEGATION_TYPE, payload, admitSigners);
}

/** Admits a node by a delegated key. */
export function makeAdmission(
  { cluster, node }: { cluster: ClusterId; node: NodeId },
  delegation: Envelope,
  delegatedKey: PrivateKey,
): Admission {
  return { delegation, admission: signEnvelope(ADMISSION_TYPE, { type: ADMISSION_TYPE, cluster, node }, [delegatedKey]) };
}

/** The node that this admits, and by which token: the id of the delegated key. `now` null leaves the expiry to the caller: a node that is known as admitted stays so. */
export function verifyAdmission(
  input: unknown,
  root: TrustedRoot,
  { now }: { now: number | null },
): { node: NodeId; expires: number | null; token: string } {
  return orNotAdmitted(() => {
    const shown = parseForm(shownSchema, input, 'admission');
    const delegation = verifyDelegation(shown.delegation, root);
    if (now !== null) refuseExpired(delegation, now);
    const token = keyidOf(decodePublic(delegation.public));
    const { payload } = verifyEnvelope(shown.admission, {
      payloadType: ADMISSION_TYPE,
      keys: new Map([[token, delegation.public]]),
      threshold: 1,
      maxBytes: MAX_ENVELOPE_BYTES,
    });
    const { cluster, node } = parseForm(admissionSchema, payload, 'admission');
    requireCluster(cluster, root);
    return { node, expires: delegation.expires, token };
  });
}

/**
 * The delegation in this envelope, once the threshold of the root's `admit` role has signed it. Its expiry is not looked at. One of an earlier trust epoch has
 * ended with that, however long it was made for: it admits nobody new, and expels nobody who joined with it.
 */
export function verifyDelegation(input: unknown, root: TrustedRoot): Delegation {
  return orNotAdmitted(() => {
    const { payload, isPast } = explained(() => signedDelegation(input, root), input, root);
    parseForm(delegationSchema, payload, 'delegation');
    const { cluster, public: key, expires } = payload as Delegation;
    requireCluster(cluster, root);
    decodePublic(key);
    return { cluster, public: key, expires: isPast ? 0 : expires };
  });
}

function signedDelegation(input: unknown, root: TrustedRoot): { payload: unknown; isPast: boolean } {
  const rules = { payloadType: DELEGATION_TYPE, maxBytes: MAX_ENVELOPE_BYTES };
  try {
    return { payload: verifyEnvelope(input, { ...rules, ...actingRole(root, 'admit') }).payload, isPast: false };
  } catch (thrown) {
    const [last, ...orBy] = pastRoles(root, 'admit');
    if (last === undefined) throw thrown;
    return { payload: verifyEnvelope(input, { ...rules, ...last, orBy }).payload, isPast: true };
  }
}

/** Refuses a delegation that admits nobody new any more. */
export function refuseExpired({ expires }: Pick<Delegation, 'expires'>, now: number): void {
  if (expires !== null && now >= expires) {
    throw new GossipError('GOSSIP_E_TOKEN_EXPIRED', `the token ended at ${new Date(expires).toISOString()}`);
  }
}

/** Nothing is believed of what is not well signed; but whoever came to the wrong cluster should hear that, and not of signatures. */
function explained<T>(verify: () => T, input: unknown, root: TrustedRoot): T {
  try {
    return verify();
  } catch (thrown) {
    if (!(thrown instanceof GossipError && thrown.code === 'GOSSIP_E_SIGNATURE')) throw thrown;
    const { bytes } = readEnvelope(input, { payloadType: DELEGATION_TYPE, maxBytes: MAX_ENVELOPE_BYTES });
    const { cluster } = parseForm(delegationSchema, parsePayload(bytes), 'delegation');
    requireCluster(cluster, root);
    throw thrown;
  }
}

function requireCluster(cluster: string, root: TrustedRoot): void {
  if (cluster !== root.cluster)
    throw new GossipError('GOSSIP_E_WRONG_CLUSTER', `it is for cluster ${cluster.slice(0, 12)}, and not for ${root.cluster.slice(0, 12)}`);
}

/** Whatever is wrong with it, the answer to a stranger is one code; the cause stays for the log. */
function orNotAdmitted<T>(check: () => T): T {
  try {
    return check();
  } catch (cause) {
    if (!(cause instanceof GossipError)) throw cause;
    if (cause.code === 'GOSSIP_E_TOKEN_EXPIRED' || cause.code === 'GOSSIP_E_NOT_ADMITTED') throw cause;
    throw new GossipError('GOSSIP_E_NOT_ADMITTED', `the admission is refused: ${cause.message}`, { cause });
  }
}
