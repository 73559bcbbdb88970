import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../src/model/manifest.ts';
import { canonicalBytes } from '../../src/trust/canonical.ts';
import type * as files from '../../src/trust/configuration-file.ts';
import { decode, encode } from '../../src/trust/configuration-file.ts';
import type { ConfigurationFile } from '../../src/trust/configuration-file.ts';
import { signDeployment, verifyDeployment } from '../../src/trust/deployment.ts';
import { hashBytes } from '../../src/trust/manifest.ts';
import { trustRoot } from '../../src/trust/root.ts';
import { blob, deployKeys, deployment, manifest, outcome, root, rootEnvelope, stranger } from './fixture.ts';
import { mutant } from './mutant.ts';

const signers = deployKeys.slice(0, 2);
const file: ConfigurationFile = {
  root: rootEnvelope,
  envelope: signDeployment(deployment, signers),
  manifest,
  blobs: new Map([[hashBytes(blob), blob]]),
};
const bytes = encode(file);
const json = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
const verdict = (change: object) => outcome(() => decode(canonicalBytes({ ...json, ...change })));
const other = new TextEncoder().encode('process.exit()\n');
const hex = (data: Uint8Array) => hashBytes(data).slice(7);
const base64 = (data: Uint8Array) => Buffer.from(data).toString('base64');

test('a file is read back as it was written', () => {
  const { blobs, ...rest } = decode(bytes);
  expect(rest).toEqual({ root: file.root, envelope: file.envelope, manifest });
  expect([...blobs].map(([hash, data]) => [hash, base64(data)])).toEqual([[hashBytes(blob), base64(blob)]]);
});

test('the removal of a module carries no code', () => {
  const removal = { ...file, envelope: signDeployment({ ...deployment, code: null }, signers), manifest: null, blobs: new Map() };
  expect(decode(encode(removal))).toEqual(removal);
  expect(outcome(() => encode({ ...removal, manifest }))).toBe('GOSSIP_E_CODE_MISMATCH');
  expect(outcome(() => encode({ ...removal, blobs: file.blobs }))).toBe('GOSSIP_E_CODE_MISMATCH');
});

test('signatures are not judged: a file waits for its countersignature', () => {
  const half = { ...file, envelope: signDeployment(deployment, [stranger]) };
  expect(decode(encode(half)).envelope).toEqual(half.envelope);
});

describe('A1: other code than the signed', () => {
  const evil: Manifest = { type: 'gossip/manifest/1', files: [{ path: 'index.js', size: other.length, sha256: hashBytes(other) }] };

  test('another manifest, another blob, a missing one, one too many: refused', () => {
    expect(verdict({ manifest: evil, blobs: { [hex(other)]: base64(other) } })).toBe('GOSSIP_E_CODE_MISMATCH');
    expect(verdict({ blobs: { [hex(blob)]: base64(other) } })).toBe('GOSSIP_E_CODE_MISMATCH');
    expect(verdict({ blobs: {} })).toBe('GOSSIP_E_CODE_MISMATCH');
    expect(verdict({ blobs: { [hex(blob)]: base64(blob), [hex(other)]: base64(other) } })).toBe('GOSSIP_E_CODE_MISMATCH');
    expect(verdict({ manifest: null })).toBe('GOSSIP_E_CODE_MISMATCH');
    expect(outcome(() => encode({ ...file, blobs: new Map() }))).toBe('GOSSIP_E_CODE_MISMATCH');
  });

  test('each would be taken where the parts are not compared', async () => {
    const open = await mutant<typeof files>('trust/configuration-file.ts', {
      in: 'configuration-file.decode',
      drop: 'requireConsistent()',
    });
    for (const change of [{ manifest: evil, blobs: {} }, { blobs: { [hex(blob)]: base64(other) } }, { blobs: {} }]) {
      expect(outcome(() => open.decode(canonicalBytes({ ...json, ...change })))).toBe('accepted');
    }
  });
});

describe('malformed', () => {
  test.each<[string, object, string]>([
    ['another type', { type: 'gossip/configuration-file/2' }, 'GOSSIP_E_SCHEMA'],
    ['an unknown field', { note: '' }, 'GOSSIP_E_SCHEMA'],
    ['no root', { root: null }, 'GOSSIP_E_SCHEMA'],
    ['the envelopes swapped', { root: file.envelope, envelope: file.root }, 'GOSSIP_E_SCHEMA'],
    ['a manifest that is none', { manifest: [] }, 'GOSSIP_E_SCHEMA'],
    ['a hostile path', { manifest: { ...manifest, files: [{ ...manifest.files[0], path: '../index.js' }] } }, 'GOSSIP_E_CODE_FILE'],
    ['blobs as array', { blobs: [base64(blob)] }, 'GOSSIP_E_CODE_MISMATCH'],
    ['a blob in loose base64', { blobs: { [hex(blob)]: `${base64(blob)}\n` } }, 'GOSSIP_E_SCHEMA'],
    ['a blob named constructor', { blobs: { constructor: '' } }, 'GOSSIP_E_SCHEMA'],
  ])('%s is refused', (_name, change, code) => {
    expect(verdict(change)).toBe(code);
  });

  test('a file that is empty, cut or spelled otherwise is refused', () => {
    expect(outcome(() => decode(new Uint8Array()))).toBe('GOSSIP_E_CANONICAL');
    expect(outcome(() => decode(bytes.subarray(0, -1)))).toBe('GOSSIP_E_CANONICAL');
    expect(outcome(() => decode(new TextEncoder().encode(JSON.stringify(json, null, 2))))).toBe('GOSSIP_E_CANONICAL');
  });
});

test('a file with any byte changed is refused by its form or by its signatures', () => {
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const changed = Uint8Array.from(bytes);
      changed[at] = (bytes[at] as number) ^ mask;
      const judged = outcome(() => {
        const read = decode(changed);
        verifyDeployment(read.envelope, trustRoot(read.root, root.cluster));
      });
      expect(judged).toMatch(/^GOSSIP_E_/);
    }),
    { numRuns: 1_000 },
  );
});
