import { readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { enroll } from '../../../src/core/admission/enrollment.ts';
import { clusterFile } from '../../../src/core/store/data-directory.ts';
import type { JsonFile } from '../../../src/core/store/files/json-file.ts';
import { GossipError } from '../../../src/model/errors.ts';
import type { NodeId } from '../../../src/model/names.ts';
import { makeDelegation, verifyAdmission } from '../../../src/trust/admission.ts';
import { makeIdentity } from '../../../src/trust/identity.ts';
import { generateKey } from '../../../src/trust/keys.ts';
import { makeRoot, trustRoot } from '../../../src/trust/root.ts';
import type { TrustedRoot } from '../../../src/trust/root.ts';
import { makeToken } from '../../../src/trust/token.ts';
import { admitKey, root, rootEnvelope, rootOptions } from '../../trust/fixture.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';

const NOW = 1_750_000_000_000;
const { id } = makeIdentity();
const { id: otherId } = makeIdentity();
const otherRoot = makeRoot({ ...rootOptions, name: 'other' });

function tokenOf(envelope = rootEnvelope, expires = NOW + 1_000): string {
  const secret = generateKey();
  const { cluster } = trustRoot(envelope);
  return makeToken({ root: envelope, delegation: makeDelegation({ cluster, public: secret.public, expires }, [admitKey]), secret });
}

/** What came of it: the cluster and name, or the code of the refusal. */
async function outcome(file: JsonFile, options: { id?: NodeId; token?: string; root?: TrustedRoot; name?: string } = {}): Promise<unknown> {
  try {
    const { root: trusted, name } = await enroll(file, { id, token: undefined, name: undefined, now: NOW, ...options });
    return [trusted.cluster, name];
  } catch (error) {
    if (error instanceof GossipError) return error.code;
    throw error;
  }
}

/** The file of a node that has joined. */
async function joined(): Promise<JsonFile> {
  const file = clusterFile(await temporaryDirectory());
  expect(await outcome(file, { token: tokenOf(), name: 'node1' })).toEqual([root.cluster, 'node1']);
  return file;
}

describe('a node', () => {
  it('joins by a token once, and belongs from then on', async () => {
    const file = await joined();
    expect(await outcome(file)).toEqual([root.cluster, 'node1']);
    expect(await outcome(file, { name: 'node2' })).toEqual([root.cluster, 'node2']);
    expect(await outcome(file, { token: tokenOf() })).toEqual([root.cluster, 'node2']);
  });

  it('comes with the root alone, once, and shows no admission: operators let it in by its id', async () => {
    const file = clusterFile(await temporaryDirectory());
    const fresh = await enroll(file, { id, token: undefined, root, name: 'node1', now: NOW });
    expect(fresh.admission).toBeNull();
    expect(await outcome(file)).toEqual([root.cluster, 'node1']);
    expect(await outcome(file, { root })).toEqual([root.cluster, 'node1']);
    expect((await enroll(file, { id, token: undefined, name: undefined, now: NOW })).admission).toBeNull();
    // It is this node's directory and cluster, without an admission too.
    expect(await outcome(file, { id: otherId })).toBe('GOSSIP_E_DATA_CORRUPT');
    expect(await outcome(file, { root: trustRoot(otherRoot) })).toBe('GOSSIP_E_DATA_CLUSTER');
    // A token that comes later is taken, and the root never takes its place.
    const joining = await enroll(file, { id, token: tokenOf(), name: undefined, now: NOW });
    expect(verifyAdmission(joining.admission, root, { now: NOW })).toMatchObject({ node: id });
    expect((await enroll(file, { id, token: undefined, root, name: undefined, now: NOW })).admission).toEqual(joining.admission);
  });

  it('without a token belongs nowhere', async () => {
    expect(await outcome(clusterFile(await temporaryDirectory()))).toBe('GOSSIP_E_NO_CLUSTER');
  });

  it('does not join by an expired token, though a member may show one', async () => {
    const expired = tokenOf(rootEnvelope, NOW);
    expect(await outcome(clusterFile(await temporaryDirectory()), { token: expired })).toBe('GOSSIP_E_TOKEN_EXPIRED');
    expect(await outcome(await joined(), { token: expired })).toEqual([root.cluster, 'node1']);
  });

  it('whose admission has outlived its token takes a fresh one, and keeps its name', async () => {
    const file = await joined();
    const before = (await file.load()).value as { admission: { delegation: unknown } };
    const later = { id, name: undefined, now: NOW + 2_000 };
    const same = await enroll(file, { ...later, token: tokenOf(rootEnvelope, NOW + 1_500) });
    expect((same.admission as typeof before.admission).delegation).toEqual(before.admission.delegation);
    const fresh = await enroll(file, { ...later, token: tokenOf(rootEnvelope, NOW + 9_000) });
    expect(verifyAdmission(fresh.admission, root, { now: NOW + 8_000 })).toMatchObject({ node: id, expires: NOW + 9_000 });
    expect(fresh.name).toBe('node1');
    expect(await enroll(file, { ...later, token: undefined })).toMatchObject({ admission: fresh.admission });
  });

  it('whose token was revoked, or is over by other clocks than its own, takes another one, once, and keeps what it does not know', async () => {
    const file = await joined();
    const before = (await file.load()).value as object;
    await file.save({ ...before, later: 'kept' });
    const another = tokenOf(rootEnvelope, NOW + 500);
    const { admission } = await enroll(file, { id, name: undefined, now: NOW, token: another });
    expect(verifyAdmission(admission, root, { now: NOW })).toMatchObject({ node: id, expires: NOW + 500 });
    const { ino } = await stat(file.path);
    expect(await enroll(file, { id, name: undefined, now: NOW, token: another })).toMatchObject({ admission, name: 'node1' });
    expect((await stat(file.path)).ino).toBe(ino);
    expect((await file.load()).value).toMatchObject({ later: 'kept', admission, name: 'node1' });
    // One that has ended takes nobody's place.
    expect(await enroll(file, { id, name: undefined, now: NOW, token: tokenOf(rootEnvelope, NOW) })).toMatchObject({ admission });
  });

  it('does not change its cluster, and keeps what it had', async () => {
    const file = await joined();
    expect(await outcome(file, { token: tokenOf(otherRoot) })).toBe('GOSSIP_E_DATA_CLUSTER');
    expect(await outcome(file)).toEqual([root.cluster, 'node1']);
  });
});

describe('a damaged file', () => {
  it.each<[string, (text: string) => string]>([
    ['is cut off', (text) => text.slice(0, -20)],
    ['is empty', () => ''],
    ['has one character of the root changed', (text) => text.replace(/"payload":"(.{40})./, '"payload":"$1A')],
    ['has one character of a signature changed', (text) => text.replace(/"sig":"(..)./g, '"sig":"$1_')],
  ])('that %s is set aside and said, and a token heals it', async (_, damage) => {
    const file = await joined();
    const damaged = damage(await readFile(file.path, 'utf8'));
    await writeFile(file.path, damaged);
    expect(await outcome(file)).toBe('GOSSIP_E_DATA_CORRUPT');
    expect(await readFile(`${file.path}.damaged`, 'utf8')).toBe(damaged);
    // As often as it is started: who looks later sees the cause too.
    for (const _again of [1, 2]) expect(await outcome(file)).toBe('GOSSIP_E_DATA_CORRUPT');
    expect(await outcome(file, { token: tokenOf(), name: 'node1' })).toEqual([root.cluster, 'node1']);
    expect(await outcome(file)).toEqual([root.cluster, 'node1']);
  });

  it('of another key is refused and kept; with a token of the same cluster the node joins as a new one', async () => {
    const file = await joined();
    expect(await outcome(file, { id: otherId })).toBe('GOSSIP_E_DATA_CORRUPT');
    expect(await outcome(file)).toEqual([root.cluster, 'node1']);
    expect(await outcome(file, { id: otherId, token: tokenOf(otherRoot) })).toBe('GOSSIP_E_DATA_CLUSTER');
    expect(await outcome(file, { id: otherId, token: tokenOf() })).toEqual([root.cluster, 'node1']);
    expect(await outcome(file, { id: otherId })).toEqual([root.cluster, 'node1']);
    expect(await outcome(file)).toBe('GOSSIP_E_DATA_CORRUPT');
  });
});
