/** Really signed deployments of a cluster on paper, the same in every run. */
import type { JsonObject } from '../../src/sdk/json.ts';
import type { CodeReference, Deployment, VerifiedDeployment } from '../../src/model/deployment.ts';
import type { Address, ContentHash, ModuleName, NodeId, PayloadHash, Peer } from '../../src/model/names.ts';
import { makeVerifier, signDeployment } from '../../src/trust/deployment.ts';
import { fromSecret } from '../../src/trust/keys.ts';
import { makeRoot, trustRoot } from '../../src/trust/root.ts';

/** A key of the paper cluster only: PKCS#8 around 32 equal bytes. */
export const key = fromSecret(Buffer.from(`302e020100300506032b657004220420${'07'.repeat(32)}`, 'hex').toString('base64'));
export const root = trustRoot(
  makeRoot({ name: 'paper', created: 1_700_000_000_000, rootKeys: [key], deployKeys: [key], admitKeys: [key], rendezvous: [] }),
);
export const verify = makeVerifier(root);

const verified = new Map<string, VerifiedDeployment>();

/** A peer whose id begins with its number, so that traces can be read. */
export function peer(number: number, name = `node${number}`): Peer {
  const id = number.toString(16).padStart(4, '0').repeat(16) as NodeId;
  return { id, address: `10.0.${number >> 8}.${number & 255 || 255}:7946` as Address, name };
}

/** A code version that is named after its label. */
export function code(label: string): CodeReference {
  const hash = `sha256:${Buffer.from(label).toString('hex').padEnd(64, '0').slice(0, 64)}` as ContentHash;
  return { hash, bytes: 1_000, files: 1, version: label };
}

export interface RecordOptions {
  readonly module?: string;
  readonly code?: CodeReference | null;
  readonly scrub?: boolean;
  readonly time?: number;
  readonly origin?: NodeId;
  readonly message?: string;
  readonly epoch?: number;
  readonly settings?: JsonObject;
}

/** The deployment of this sequence. */
export function deploymentOf(sequence: number, options: RecordOptions = {}): Deployment {
  return {
    type: 'gossip/deployment/1',
    cluster: root.cluster,
    epoch: options.epoch ?? 1,
    number: { sequence, time: options.time ?? 1_700_000_000_000 + sequence, origin: options.origin ?? peer(1).id },
    module: (options.module ?? 'membership') as ModuleName,
    code: options.code === undefined ? code(`code${sequence}`) : options.code,
    settings: options.settings ?? {},
    scrub: options.scrub ?? false,
    rollbackOf: null,
    author: 'ada',
    message: options.message ?? '',
  };
}

/** The deployment of this sequence, signed and verified. */
export function record(sequence: number, options: RecordOptions = {}): VerifiedDeployment {
  const deployment = deploymentOf(sequence, options);
  const name = JSON.stringify(deployment);
  const made = verified.get(name) ?? verify(signDeployment(deployment, [key]));
  verified.set(name, made);
  return made;
}

/** The removal of a module of its own, as if verified: to sign thousands takes too long where signatures do not matter. */
export function paperRemoval(sequence: number): VerifiedDeployment {
  const { envelope, deployment } = record(1);
  const number = { ...deployment.number, sequence };
  const hash = sequence.toString(16).padStart(64, '0') as PayloadHash;
  return {
    envelope,
    hash,
    deployment: { ...deployment, module: `gone${sequence}` as ModuleName, number, code: null },
  } as VerifiedDeployment;
}

/** Numbers in [0, 1) from a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
