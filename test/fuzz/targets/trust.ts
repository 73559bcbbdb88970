/** Everything that is signed, hashed or proves who somebody is. */
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import type { Deployment, Envelope } from '../../../src/model/deployment.ts';
import { verifyAdmission, verifyDelegation } from '../../../src/trust/admission.ts';
import { decodeBase64, encodeBase64 } from '../../../src/trust/base64.ts';
import { canonicalBytes, parseCanonical, parseJson } from '../../../src/trust/canonical.ts';
import { decode, encode } from '../../../src/trust/configuration-file.ts';
import { DEPLOYMENT_TYPE, makeVerifier, verifyDeployment } from '../../../src/trust/deployment.ts';
import { readEnvelope } from '../../../src/trust/envelope.ts';
import { identityFromPem, nodeIdOfCertificate } from '../../../src/trust/identity.ts';
import { fromPem, toPem } from '../../../src/trust/keys.ts';
import { encodeManifest, parseManifest } from '../../../src/trust/manifest.ts';
import { ROOT_TYPE, trustRoot } from '../../../src/trust/root.ts';
import { makeToken, parseToken } from '../../../src/trust/token.ts';
import * as paper from '../paper.ts';
import { bytesOf, jsonBytes, target, textOf } from '../target.ts';
import type { Target } from '../target.ts';

const LIMITS = { maxBytes: 64 * 1024, maxDepth: 24 };
const json = (input: Uint8Array): unknown => parseJson(input, LIMITS);
const payloadOf = (envelope: Envelope): Uint8Array => decodeBase64(envelope.payload, 'payload');

const envelope = target({
  name: 'envelope',
  seeds: [canonicalBytes(paper.deploymentEnvelope), canonicalBytes(paper.removalEnvelope)],
  parse: (input) => readEnvelope(json(input), { payloadType: DEPLOYMENT_TYPE, maxBytes: 16 * 1024 }),
  roundTrip: { write: (value) => canonicalBytes(value.envelope) },
});

const remembering = makeVerifier(paper.root, { rememberBytes: 16 * 1024 });

const deployment = target({
  name: 'deployment',
  seeds: [canonicalBytes(paper.deploymentEnvelope), canonicalBytes(paper.removalEnvelope)],
  parse: (input) => remembering(json(input)),
  roundTrip: { write: (value) => canonicalBytes(value.envelope) },
});

const deploymentPayload = target<Deployment>({
  name: 'deployment-payload',
  seeds: [canonicalBytes(paper.deployment), canonicalBytes(paper.removal)],
  parse: (input) => verifyDeployment(paper.resigned(DEPLOYMENT_TYPE, input), paper.root).deployment,
  roundTrip: { write: canonicalBytes, oneSpelling: true },
});

const root = target({
  name: 'root',
  seeds: [canonicalBytes(paper.rootEnvelope)],
  parse: (input) => trustRoot(json(input)),
  roundTrip: { write: (value) => canonicalBytes(value.envelope) },
});

const rootPayload = target({
  name: 'root-payload',
  seeds: [payloadOf(paper.rootEnvelope)],
  parse: (input) => trustRoot(paper.resigned(ROOT_TYPE, input)).root,
  roundTrip: { write: canonicalBytes, oneSpelling: true },
});

const admission = target({
  name: 'admission',
  seeds: [jsonBytes(paper.admission)],
  codes: ['GOSSIP_E_NOT_ADMITTED', 'GOSSIP_E_REQUEST', 'GOSSIP_E_TOO_LARGE'],
  parse: (input) => verifyAdmission(json(input), paper.root, { now: null }),
});

const admissionPayload = target({
  name: 'admission-payload',
  seeds: [payloadOf(paper.admission.admission)],
  codes: ['GOSSIP_E_NOT_ADMITTED'],
  parse: (input) => {
    const shown = { delegation: paper.delegation, admission: paper.resigned('gossip/admission/1', input, paper.delegated) };
    return verifyAdmission(shown, paper.root, { now: null });
  },
  roundTrip: {
    write: ({ node }) => canonicalBytes({ type: 'gossip/admission/1', cluster: paper.root.cluster, node }),
    oneSpelling: true,
  },
});

const delegationPayload = target({
  name: 'delegation-payload',
  seeds: [payloadOf(paper.delegation), canonicalBytes({ ...(json(payloadOf(paper.delegation)) as object), expires: null })],
  codes: ['GOSSIP_E_NOT_ADMITTED'],
  parse: (input) => verifyDelegation(paper.resigned('gossip/delegation/1', input), paper.root),
  roundTrip: { write: (value) => canonicalBytes({ type: 'gossip/delegation/1', ...value }), oneSpelling: true },
});

const tokenText = makeToken({ root: paper.rootEnvelope, delegation: paper.delegation, secret: paper.delegated });

const token = target({
  name: 'token',
  seeds: [bytesOf(tokenText), bytesOf(`  ${tokenText}\n`)],
  codes: ['GOSSIP_E_TOKEN'],
  parse: (input) => parseToken(textOf(input)),
  roundTrip: { write: (value) => bytesOf(makeToken({ ...value, root: value.root.envelope })) },
});

/** What lies in a token, packed as it should be. */
const tokenContents = target({
  name: 'token-contents',
  seeds: [
    canonicalBytes({
      root: paper.rootEnvelope,
      delegation: paper.delegation,
      secret: paper.delegated.key.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
    }),
  ],
  codes: ['GOSSIP_E_TOKEN'],
  parse: (input) => {
    const body = deflateSync(input, { level: 1 });
    const checksum = createHash('sha256').update(body).digest().subarray(0, 4);
    return parseToken(`gossip-join-1.${encodeBase64(Buffer.concat([body, checksum]), 'base64url')}`);
  },
});

const manifest = target({
  name: 'manifest',
  seeds: [
    encodeManifest(paper.manifest),
    encodeManifest({ ...paper.manifest, files: paper.manifest.files.map((file) => ({ ...file, path: `lib/a/${file.path}` })) }),
  ],
  parse: parseManifest,
  roundTrip: { write: encodeManifest, oneSpelling: true },
});

const configurationFile = target({
  name: 'configuration-file',
  seeds: [
    encode({ root: paper.rootEnvelope, envelope: paper.deploymentEnvelope, manifest: paper.manifest, blobs: paper.blobs }),
    encode({ root: paper.rootEnvelope, envelope: paper.removalEnvelope, manifest: null, blobs: new Map() }),
  ],
  parse: decode,
  roundTrip: { write: encode, oneSpelling: true },
});

const canonical = target({
  name: 'canonical-json',
  seeds: [canonicalBytes({ a: [1, -0.5, 1e21, 'é\n', true, null], b: { '': {}, '\u{1f600}': [] } }), bytesOf('"x"')],
  parse: (input) => parseCanonical(input, LIMITS),
  roundTrip: { write: canonicalBytes, oneSpelling: true },
});

const { certificatePem } = identityFromPem(toPem(paper.node));
const der = Buffer.from(certificatePem.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64');

const certificate = target({
  name: 'certificate',
  seeds: [der, bytesOf(certificatePem)],
  codes: ['GOSSIP_E_IDENTITY'],
  parse: nodeIdOfCertificate,
});

const privateKey = target({
  name: 'private-key',
  seeds: [bytesOf(toPem(paper.node))],
  codes: ['GOSSIP_E_KEY', 'GOSSIP_E_PASSPHRASE'],
  parse: (input) => fromPem(textOf(input)),
  roundTrip: { write: (value) => bytesOf(toPem(value)) },
});

export const TRUST: readonly Target[] = [
  envelope,
  deployment,
  deploymentPayload,
  root,
  rootPayload,
  admission,
  admissionPayload,
  delegationPayload,
  token,
  tokenContents,
  manifest,
  configurationFile,
  canonical,
  certificate,
  privateKey,
];
