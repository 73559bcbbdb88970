/** The cluster that seeds belong to. Its keys are fixed, so that an input that was found once is found again. */
import type { Deployment, Envelope } from '../../src/model/deployment.ts';
import type { Manifest } from '../../src/model/manifest.ts';
import type { Address, ModuleName, NodeId, Peer } from '../../src/model/names.ts';
import { makeAdmission, makeDelegation } from '../../src/trust/admission.ts';
import { encodeBase64 } from '../../src/trust/base64.ts';
import { signDeployment, verifyDeployment } from '../../src/trust/deployment.ts';
import { addSignature } from '../../src/trust/envelope.ts';
import { fromSecret } from '../../src/trust/keys.ts';
import type { HeldKey } from '../../src/trust/keys.ts';
import { hashBytes, manifestHash } from '../../src/trust/manifest.ts';
import { makeRoot, trustRoot } from '../../src/trust/root.ts';

/** PKCS#8 around 32 equal bytes. */
function key(byte: number): HeldKey {
  return fromSecret(
    Buffer.from(`302e020100300506032b657004220420${byte.toString(16).padStart(2, '0').repeat(32)}`, 'hex').toString('base64'),
  );
}

const operator = key(1);
const second = key(2);
export const delegated = key(3);
export const node = key(4);
export const nodeId = node.keyid as NodeId;

export const rendezvous: Peer = { id: key(5).keyid as NodeId, address: '10.0.0.7:7946' as Address, name: 'rendezvous1' };
export const peer: Peer = { id: nodeId, address: '[2001:db8::7]:7946' as Address, name: 'node1' };

export const rootEnvelope = makeRoot({
  name: 'paper',
  created: 1_700_000_000_000,
  rootKeys: [operator],
  deployKeys: [operator, second],
  admitKeys: [operator],
  rendezvous: [rendezvous],
});
export const root = trustRoot(rootEnvelope);

export const delegation = makeDelegation({ cluster: root.cluster, public: delegated.public, expires: 1_900_000_000_000 }, [operator]);
export const admission = makeAdmission({ cluster: root.cluster, node: nodeId }, delegation, delegated);

const blob = new TextEncoder().encode('export default class {}\n');
const moduleJson = new TextEncoder().encode('{"name":"membership","version":"1.0.0","entry":"index.js","api":1}\n');
export const manifest: Manifest = {
  type: 'gossip/manifest/1',
  files: [
    { path: 'index.js', size: blob.length, sha256: hashBytes(blob) },
    { path: 'module.json', size: moduleJson.length, sha256: hashBytes(moduleJson) },
  ],
};
export const blobs = new Map([blob, moduleJson].map((bytes) => [hashBytes(bytes), bytes]));

export const deployment: Deployment = {
  type: 'gossip/deployment/1',
  cluster: root.cluster,
  epoch: 1,
  number: { sequence: 3, time: 1_700_000_000_000, origin: rendezvous.id },
  module: 'membership' as ModuleName,
  code: { hash: manifestHash(manifest), bytes: blob.length + moduleJson.length, files: 2, version: '1.0.0' },
  settings: { interval: 1_000, names: ['a', 'b'], deep: { er: null } },
  scrub: false,
  rollbackOf: null,
  author: 'ada',
  message: 'first',
};
export const removal: Deployment = { ...deployment, number: { ...deployment.number, sequence: 4 }, code: null, settings: {}, scrub: true };
export const deploymentEnvelope = signDeployment(deployment, [operator]);
export const removalEnvelope = signDeployment(removal, [operator, second]);
export const record = verifyDeployment(deploymentEnvelope, root);
export const removalRecord = verifyDeployment(removalEnvelope, root);

/** An envelope with a good signature over any bytes: so that what lies behind the signature is reached. */
export function resigned(payloadType: string, bytes: Uint8Array, signer: HeldKey = operator): Envelope {
  return addSignature({ payload: encodeBase64(bytes), payloadType, signatures: [] }, signer);
}
