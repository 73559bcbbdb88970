/** Signed deployments: the only way to a `VerifiedDeployment` (law 2). */
import { deploymentSchema } from '../model/deployment.ts';
import type { Deployment, Envelope, VerifiedDeployment } from '../model/deployment.ts';
import type { PayloadHash } from '../model/names.ts';
import { GossipError } from '../model/errors.ts';
import type { ErrorCode } from '../model/errors.ts';
import { MAX_RECORD_BYTES, MAX_SETTINGS_DEPTH } from '../sdk/limits.ts';
import { inspectEnvelope, payloadHash, readEnvelope, signEnvelope, verifyEnvelope } from './envelope.ts';
import { parseForm } from './form.ts';
import type { PrivateKey } from './keys.ts';
import { actingRole } from './next-root.ts';
import { roleOf } from './root.ts';
import type { TrustedRoot } from './root.ts';

export const DEPLOYMENT_TYPE = 'gossip/deployment/1';

/**
 * Envelopes whose signatures a verifier need not check again, in bytes of their JSON: 8,192 modules, removed or not, with ten small records each. With what
 * was parsed of them they take three times as much at most; in a node most of that is its configuration, which is there anyway.
 */
const REMEMBERED_BYTES = 64 * 1024 * 1024;

/** The envelope of a deployment; what no node would take is refused before it is signed. */
export function signDeployment(deployment: Deployment, signers: readonly PrivateKey[]): Envelope {
  checkDeployment(deployment);
  const envelope = signEnvelope(DEPLOYMENT_TYPE, deployment, signers);
  readEnvelope(envelope, { payloadType: DEPLOYMENT_TYPE, maxBytes: MAX_RECORD_BYTES });
  return envelope;
}

/** The deployment in this envelope, once the threshold of the root's `deploy` role has signed it for this cluster and epoch. */
export function verifyDeployment(input: unknown, root: TrustedRoot): VerifiedDeployment {
  const { envelope, hash, payload } = verifyEnvelope(input, {
    payloadType: DEPLOYMENT_TYPE,
    maxBytes: MAX_RECORD_BYTES,
    ...actingRole(root, 'deploy'),
  });
  return { envelope, hash, deployment: checkBelonging(payload, root) } as VerifiedDeployment;
}

/**
 * Refuses a new deployment that only keys of before have signed: such as the newest root names no more, or too few by its threshold. They stay good for
 * what is there (decision 56), but whoever exchanges a key or takes one out expects that it deploys nothing new.
 */
export function requirePresentSigners({ envelope }: VerifiedDeployment, { root }: TrustedRoot): void {
  const { keys, threshold } = roleOf(root, 'deploy');
  const signers = envelope.signatures.map(({ keyid }) => keyid);
  const present = signers.filter((keyid) => keys.has(keyid));
  if (present.length >= threshold) return;
  const gone = signers.find((keyid) => !keys.has(keyid));
  if (gone !== undefined) {
    throw new GossipError(
      'GOSSIP_E_SIGNATURE',
      `key ${gone.slice(0, 12)} may sign no new deployment since version ${root.version} of the root`,
      {
        advice: "Sign it with a key that the root names: 'gossip cluster show'.",
      },
    );
  }
  throw new GossipError('GOSSIP_E_THRESHOLD', `${present.length} of the ${threshold} keys that must sign a new deployment have signed`);
}

/** A deployment that may still lack signatures. */
export interface UnfinishedDeployment {
  readonly deployment: Deployment;
  /** With the signatures that count so far. */
  readonly envelope: Envelope;
  readonly hash: PayloadHash;
}

/** Checked in everything but the number of signatures: for people who look at what they may sign. */
export function inspectDeployment(input: unknown, root: Pick<TrustedRoot, 'cluster' | 'root'>): UnfinishedDeployment {
  const { keys } = roleOf(root.root, 'deploy');
  const { envelope, hash, payload } = inspectEnvelope(input, { payloadType: DEPLOYMENT_TYPE, maxBytes: MAX_RECORD_BYTES, keys });
  return { envelope, hash, deployment: checkBelonging(payload, root) };
}

function checkBelonging(payload: unknown, root: Pick<TrustedRoot, 'cluster' | 'root'>): Deployment {
  const deployment = checkDeployment(payload);
  if (deployment.cluster !== root.cluster) {
    throw new GossipError('GOSSIP_E_WRONG_CLUSTER', `a deployment for cluster ${deployment.cluster.slice(0, 12)}`);
  }
  if (deployment.epoch !== root.root.epoch) {
    throw new GossipError('GOSSIP_E_WRONG_EPOCH', `a deployment of trust epoch ${deployment.epoch}; the root is of ${root.root.epoch}`);
  }
  return deployment;
}

/** `verifyDeployment` that remembers its last successes by their content: the same record comes by gossip again and again. */
export function makeVerifier(root: TrustedRoot, { rememberBytes = REMEMBERED_BYTES } = {}): (input: unknown) => VerifiedDeployment {
  const verified = new Map<string, { readonly record: VerifiedDeployment; readonly bytes: number }>();
  let remembered = 0;
  return (input) => {
    const text = Buffer.from(JSON.stringify(input) ?? '');
    const name = payloadHash(text);
    const known = verified.get(name);
    const record = known?.record ?? verifyDeployment(input, root);
    verified.delete(name);
    verified.set(name, { record, bytes: text.length });
    remembered += known === undefined ? text.length : 0;
    for (const [oldest, { bytes }] of verified) {
      if (remembered <= rememberBytes) break;
      verified.delete(oldest);
      remembered -= bytes;
    }
    return record;
  };
}

function checkDeployment(value: unknown): Deployment {
  parseForm(deploymentSchema, value, 'deployment', codeOf);
  const deployment = value as Deployment;
  const { settings } = deployment;
  if (Array.isArray(settings)) throw new GossipError('GOSSIP_E_SCHEMA', 'deployment: settings: not an object');
  if (depthOf(settings) > MAX_SETTINGS_DEPTH) {
    throw new GossipError('GOSSIP_E_SCHEMA', `deployment: settings are nested deeper than ${MAX_SETTINGS_DEPTH}`);
  }
  return deployment;
}

function codeOf(path: string): ErrorCode {
  if (path === 'module') return 'GOSSIP_E_MODULE_NAME';
  return path === 'epoch' || path.startsWith('number') ? 'GOSSIP_E_NUMBER' : 'GOSSIP_E_SCHEMA';
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Object.values(value).reduce<number>((deepest, each) => Math.max(deepest, depthOf(each)), 0);
}
