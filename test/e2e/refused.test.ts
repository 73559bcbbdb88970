/**
 * A deployment that is unsigned, wrongly signed or changed by one byte is refused on every route with
 * exit code 6 (law 2): by the commands, and by nodes that are asked past the commands.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PeerClient } from '../../src/core/transport/client/client.ts';
import type { Deployment, Envelope } from '../../src/model/deployment.ts';
import { ERRORS, isErrorCode } from '../../src/model/errors.ts';
import type { ContentHash } from '../../src/model/names.ts';
import { makeAdmission } from '../../src/trust/admission.ts';
import { canonicalBytes } from '../../src/trust/canonical.ts';
import { signDeployment } from '../../src/trust/deployment.ts';
import { makeIdentity } from '../../src/trust/identity.ts';
import { fromPem, generateKey } from '../../src/trust/keys.ts';
import { parseToken } from '../../src/trust/token.ts';
import { withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';

const REFUSED = 6;
/** Bytes of the signed file that are changed in turn, besides those of its parts: spread evenly over it. */
const FLIPS = 8;

/** A signed configuration file, as far as it matters here. */
interface SignedFile {
  readonly envelope: Envelope;
  readonly manifest: { readonly files: readonly { readonly sha256: string }[] };
  readonly blobs: Readonly<Record<string, string>>;
}

test('a deployment that is unsigned, wrongly signed or changed by one byte is refused on every route', async () => {
  await withDirectory((directory) =>
    withLab({ nodes: 2, rendezvous: 1 }, async (lab) => {
      const good = join(directory, 'good.gossip');
      await lab.ask('deploy', await writeModule(directory, notebook('1.0.0')), '--to', 'rendezvous1', '--write', good);
      const file = JSON.parse(await readFile(good, 'utf8')) as SignedFile;
      const forged = await forge(lab, file.envelope);
      const files = { ...forgedFiles(file, forged), ...(await flipped(good)) };
      const untouched = await digests(lab);

      const path = join(directory, 'forged.gossip');
      for (const [how, bytes] of Object.entries(files)) {
        await writeFile(path, bytes);
        const verified = await lab.run('config', 'verify', path, '--json');
        const injected = await lab.run('config', 'inject', path, '--to', 'rendezvous1', '--json');
        expect({ how, exits: [verified.code, injected.code] }).toEqual({ how, exits: [REFUSED, REFUSED] });
      }
      await withRoutes(lab, async (routes) => {
        for (const [how, envelope] of Object.entries(forged)) {
          const exits = [await routes.deploy(envelope, file.manifest), await routes.exchange(envelope)];
          expect({ how, exits }).toEqual({ how, exits: [REFUSED, REFUSED] });
        }
        const otherManifest = { ...file.manifest, files: file.manifest.files.slice(1) };
        expect(await routes.deploy(file.envelope, otherManifest)).toBe(REFUSED);
        expect([await digests(lab), await lab.ask('history')]).toEqual([untouched, []]);

        // The same routes take what is signed, and after it no other bytes for code than those that were signed.
        expect(await routes.deploy(file.envelope, file.manifest)).toBe('taken');
        for (const blob of Object.keys(file.blobs)) {
          const bytes = Buffer.from(file.blobs[blob] as string, 'base64');
          bytes[0] = (bytes[0] as number) ^ 1;
          expect(await routes.blob(codeOf(file.envelope), blob, bytes)).toBe(REFUSED);
        }
        expect(await routes.exchange(file.envelope)).toBe('taken');
      });
      const { code } = await lab.run('config', 'inject', good, '--to', 'rendezvous1', '--wait');
      expect([code, (await lab.converged()).newest]).toMatchObject([0, { notebook: { deployment: 'd1' } }]);
    }),
  );
}, 360_000);

/** What somebody may make of a signed envelope. */
async function forge(lab: TestLab, envelope: Envelope): Promise<Record<string, Envelope>> {
  const deployment = deploymentIn(envelope);
  const stranger = signDeployment(deployment, [generateKey()]);
  const operator = fromPem(await readFile(join(lab.directory, 'operator', 'operator.key'), 'utf8'));
  const [signature] = envelope.signatures as [Envelope['signatures'][number]];
  return {
    'no signature': { ...envelope, signatures: [] },
    'the key of a stranger': stranger,
    "a stranger's signature under the operator's key id": {
      ...stranger,
      signatures: stranger.signatures.map(({ sig }) => ({ keyid: signature.keyid, sig })),
    },
    'the signature of another deployment': {
      ...signDeployment({ ...deployment, message: 'another' }, [operator]),
      payload: envelope.payload,
    },
    'signed for another cluster': signDeployment({ ...deployment, cluster: '0'.repeat(64) as Deployment['cluster'] }, [operator]),
    'one byte of the payload': { ...envelope, payload: changed(envelope.payload) },
    'one byte of the signature': { ...envelope, signatures: [{ ...signature, sig: changed(signature.sig) }] },
  };
}

/** Each forged envelope in a file whose form is right, and the signed envelope with other code. */
function forgedFiles(file: SignedFile, forged: Record<string, Envelope>): Record<string, Uint8Array> {
  const [blob, bytes] = Object.entries(file.blobs)[0] as [string, string];
  const files = Object.entries(forged).map(([how, envelope]) => [how, canonicalBytes({ ...file, envelope })] as const);
  return {
    ...Object.fromEntries(files),
    'one byte of the code': canonicalBytes({ ...file, blobs: { ...file.blobs, [blob]: changed(bytes) } }),
  };
}

async function flipped(path: string): Promise<Record<string, Uint8Array>> {
  const bytes = await readFile(path);
  const places = Array.from({ length: FLIPS }, (_, index) => Math.floor((bytes.length * (index + 0.5)) / FLIPS));
  return Object.fromEntries(
    places.map((place) => {
      const copy = Buffer.from(bytes);
      copy[place] = (copy[place] as number) ^ 1;
      return [`byte ${place} of the file`, copy];
    }),
  );
}

/** Base64 of the same bytes but for one bit of the one in the middle. */
function changed(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] as number) ^ 1;
  return bytes.toString('base64');
}

function deploymentIn({ payload }: Envelope): Deployment {
  return JSON.parse(Buffer.from(payload, 'base64').toString()) as Deployment;
}

function codeOf(envelope: Envelope): ContentHash {
  return deploymentIn(envelope).code?.hash as ContentHash;
}

async function digests(lab: TestLab): Promise<unknown[]> {
  return (await lab.status()).nodes.map(({ digest }) => digest);
}

/** The routes of a node, as an admitted peer finds them that does not keep to the program: 'taken', or the exit code of the refusal. */
interface RawRoutes {
  deploy(envelope: unknown, manifest: unknown): Promise<number | 'taken'>;
  exchange(envelope: unknown): Promise<number | 'taken'>;
  blob(code: ContentHash, blob: string, bytes: Uint8Array): Promise<number | 'taken'>;
}

async function withRoutes(lab: TestLab, act: (routes: RawRoutes) => Promise<void>): Promise<void> {
  const identity = makeIdentity();
  const client = new PeerClient({ identity });
  const peer = lab.node('rendezvous1');
  const ask = async (method: string, path: string, body: Uint8Array): Promise<number | 'taken'> => {
    const answer = await client.request(peer, { method, path, body, maxBytes: 1024 * 1024, timeoutMs: 15_000 });
    if (answer.status < 300) return 'taken';
    const { code } = JSON.parse(Buffer.from(answer.body).toString()) as { code: string };
    if (!isErrorCode(code)) throw new Error(`${method} ${path} was refused with ${code}`);
    return ERRORS[code].exit;
  };
  const post = (path: string, value: unknown) => ask('POST', path, Buffer.from(JSON.stringify(value)));
  const routes: RawRoutes = {
    deploy: (envelope, manifest) => post('/v1/deployments', { envelope, manifest }),
    exchange: (envelope) => post('/v1/configuration', { digest: 'A'.repeat(22), summary: [], records: [envelope], peers: [] }),
    blob: (code, blob, bytes) => ask('PUT', `/v1/code/${code}/blobs/sha256:${blob}`, bytes),
  };
  try {
    // Before the admission nothing is even looked at.
    expect(await routes.deploy(null, null)).toBe(REFUSED);
    const { token } = await lab.ask<{ token: string }>('cluster', 'join-token');
    const { root, delegation, secret } = parseToken(token);
    const admission = makeAdmission({ cluster: root.cluster, node: identity.id }, delegation, secret);
    expect(await post('/v1/hello', { admission, name: 'stray', address: null })).toBe('taken');
    await act(routes);
  } finally {
    await client.close();
  }
}
