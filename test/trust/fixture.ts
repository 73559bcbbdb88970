/** A small cluster on paper: keys, root, identity and a deployment that every check accepts. */
import type { Deployment } from '../../src/model/deployment.ts';
import type { GossipError } from '../../src/model/errors.ts';
import type { Manifest } from '../../src/model/manifest.ts';
import type { Address, ModuleName } from '../../src/model/names.ts';
import { makeIdentity } from '../../src/trust/identity.ts';
import { generateKey } from '../../src/trust/keys.ts';
import { hashBytes, manifestHash } from '../../src/trust/manifest.ts';
import { makeRoot, trustRoot } from '../../src/trust/root.ts';
import type { RootOptions } from '../../src/trust/root.ts';

export const rootKey = generateKey();
export const deployKeys = [generateKey(), generateKey(), generateKey()] as const;
export const admitKey = generateKey();
export const stranger = generateKey();
export const rendezvous = makeIdentity();

export const rootOptions: RootOptions = {
  name: 'paper',
  created: 1_700_000_000_000,
  rootKeys: [rootKey],
  deployKeys,
  admitKeys: [admitKey],
  thresholds: { deploy: 2 },
  rendezvous: [{ id: rendezvous.id, address: '127.0.0.1:7946' as Address, name: 'rendezvous1' }],
};
export const rootEnvelope = makeRoot(rootOptions);
export const root = trustRoot(rootEnvelope);
export const otherRoot = trustRoot(makeRoot({ ...rootOptions, name: 'other' }));

export const blob = new TextEncoder().encode('export default class {}\n');
export const manifest: Manifest = { type: 'gossip/manifest/1', files: [{ path: 'index.js', size: blob.length, sha256: hashBytes(blob) }] };

export const deployment: Deployment = {
  type: 'gossip/deployment/1',
  cluster: root.cluster,
  epoch: 1,
  number: { sequence: 3, time: 1_700_000_000_000, origin: rendezvous.id },
  module: 'membership' as ModuleName,
  code: { hash: manifestHash(manifest), bytes: blob.length, files: 1, version: '1.0.0' },
  settings: { interval: 1_000 },
  scrub: false,
  rollbackOf: null,
  author: 'ada',
  message: 'first',
};

/** The code of the error that `act` throws, or 'accepted'. */
export function outcome(act: () => unknown): string {
  try {
    act();
    return 'accepted';
  } catch (thrown) {
    return (thrown as GossipError).code ?? `uncoded: ${String(thrown)}`;
  }
}

/** What a peer receives when this is sent as JSON. */
export function sent<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
