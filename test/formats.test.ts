/** Formats grow: docs/compatibility.md says which are open for fields of other versions, and which are closed, and why. */
import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../scripts/project.mjs';
import { enroll } from '../src/core/admission/enrollment.ts';
import { parseIntroduction } from '../src/api/hello.ts';
import { CheckpointStore } from '../src/core/store/state/checkpoint-store.ts';
import { answerLeave, leaveAnswer } from '../src/core/store/leave-wish.ts';
import type { Checkpoint } from '../src/gossip/protocol.ts';
import { clusterFile } from '../src/core/store/data-directory.ts';
import { Copies } from '../src/core/store/files/copies.ts';
import type { GossipAnswer, GossipRequest } from '../src/gossip/messages.ts';
import { stampOf } from '../src/gossip/stamp.ts';
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from '../src/gossip/wire.ts';
import { Lab } from '../src/lab/lab.ts';
import type { ModuleName, NodeId, PayloadHash } from '../src/model/names.ts';
import { openSettings } from '../src/operator/settings/settings.ts';
import { makeDelegation } from '../src/trust/admission.ts';
import { generateKey } from '../src/trust/keys.ts';
import { makeToken } from '../src/trust/token.ts';
import { temporaryDirectory } from './core/store/temporary-directory.ts';
import { peer, record, verify } from './support/records.ts';
import { admitKey, root, rootEnvelope } from './trust/fixture.ts';
import { stateOf } from '../src/model/state-bytes.ts';

/** Where a field that nobody knows is refused, and why it may be. */
const CLOSED: Readonly<Record<string, string>> = {
  'src/model/deployment.ts': 'signed: the type names the version',
  'src/model/module-json.ts': 'written by hand, where an unknown field is a typing mistake; signed with the code',
  'src/operator/backup/backup-file.ts': 'the type names the version, and nothing is restored of what is not understood',
  'src/operator/simulate/scenario-file.ts': 'written by hand',
  'src/trust/admission.ts': 'signed',
  'src/trust/configuration-file.ts': 'the type names the version',
  'src/trust/envelope.ts': 'travels on from node to node: the payload type names the version',
  'src/trust/manifest.ts': 'signed',
  'src/trust/node-note.ts': 'signed',
  'src/trust/pieces.ts': 'signed with the code',
  'src/trust/note-file.ts': 'the type names the version',
  'src/trust/recovery-file.ts': 'the type names the version',
  'src/trust/root-file.ts': 'the type names the version',
  'src/trust/root.ts': 'signed',
  'src/trust/warrant.ts': 'signed',
  'src/trust/token.ts': 'its first letters name the version',
  'src/host/messages.ts': 'both ends come from one build; the first message says which',
};

const digest = 'A'.repeat(22);
const exchange: GossipRequest = {
  kind: 'exchange',
  module: 'membership' as ModuleName,
  stamp: stampOf(record(1), null),
  digest,
  body: Buffer.from('{}'),
};
const configuration: GossipRequest = { kind: 'configuration', digest, summary: [], records: [record(1)], peers: [peer(2)] };
const answer: GossipAnswer = { kind: 'configuration', digest, records: [record(1)], lacking: [], fresh: 0, peers: [peer(2)] };
const mismatch: GossipAnswer = { kind: 'mismatch', digest, stamp: null, records: [record(1)] };

/** The body as a later version would send it: with one more field in every unsigned object. */
function grown(body: Uint8Array): Buffer {
  const value = JSON.parse(Buffer.from(body).toString()) as { peers?: object[] };
  return Buffer.from(
    JSON.stringify({ ...value, ...(value.peers && { peers: value.peers.map((one) => ({ ...one, more: 1 })) }), more: [1] }),
  );
}

describe('a message with fields of a later version means what it means without them', () => {
  test('a configuration request', () => {
    const wire = encodeRequest(configuration, peer(1).address);
    expect(decodeRequest({ ...wire, headers: new Map(), body: grown(wire.body) }, verify)).toEqual(configuration);
  });

  test.each([
    ['configuration', configuration, answer],
    ['mismatch', exchange, mismatch],
  ] as const)('a %s answer', (_, asked, message) => {
    const { status, headers, body } = encodeAnswer(message);
    expect(decodeAnswer(asked, { status, headers: new Map(Object.entries(headers)), body: grown(body) }, verify)).toEqual(message);
  });

  test('a hello', () => {
    const hello = { admission: null, name: 'ada', address: peer(1).address };
    expect(parseIntroduction(grown(Buffer.from(JSON.stringify(hello))))).toEqual(hello);
  });
});

describe('a file with fields of a later version is read, and keeps them when it is written again', () => {
  test('cluster.json', async () => {
    const file = clusterFile(await temporaryDirectory());
    const secret = generateKey();
    const delegation = makeDelegation({ cluster: root.cluster, public: secret.public, expires: null }, [admitKey]);
    const node = { id: 'ab'.repeat(32) as NodeId, now: 0 };
    await enroll(file, { ...node, token: makeToken({ root: rootEnvelope, delegation, secret }), name: 'ada' });
    await grow(file.path);
    await expect(enroll(file, { ...node, token: undefined, name: 'bob' })).resolves.toMatchObject({ name: 'bob' });
    expect(await readJson(file.path)).toMatchObject({ name: 'bob', more: 1 });
  });

  test('settings.json', async () => {
    const home = await temporaryDirectory();
    const entry = { cluster: root.cluster, directory: join(home, 'one'), nodes: [peer(3)] };
    await openSettings({ GOSSIP_HOME: home }).save('one', entry);
    const path = join(home, 'settings.json');
    await grow(path);
    const settings = openSettings({ GOSSIP_HOME: home });
    expect(settings.cluster('one')).toMatchObject({ nodes: [peer(3)] });
    await settings.save('two', { ...entry, directory: join(home, 'two') });
    await settings.forget('two');
    expect(await readJson(path)).toMatchObject({ more: 1, current: 'one' });
  });

  test('lab.json', async () => {
    const directory = await temporaryDirectory();
    const path = join(directory, 'lab.json');
    const node = { ...peer(1), directory: join(directory, 'node1'), process: null };
    await writeFile(path, JSON.stringify({ cluster: 'lab', intervalMs: 200, nodes: [node], more: 1 }));
    const lab = await Lab.open(directory);
    await lab.stop([node.name]);
    expect(await readJson(path)).toMatchObject({ cluster: 'lab', intervalMs: 200, nodes: [node], more: 1 });
  });

  test('what a node told when it left', async () => {
    const directory = await temporaryDirectory();
    const state = { name: 'counter' as ModuleName, deployment: 'd1', bytes: 7, ageMs: 3, saved: true, why: null };
    const told = { told: 2, heard: 1, at: 1_796_083_200_000, modules: [state] };
    answerLeave(directory, told);
    await grow(join(directory, 'leave'));
    expect(leaveAnswer(directory)).toEqual(told);
    answerLeave(directory, { ...told, at: undefined as never });
    expect(leaveAnswer(directory), 'of a node that tells no time').toEqual({ ...told, at: null });
  });

  test('a checkpoint', async () => {
    const directory = await temporaryDirectory();
    const module = 'counter' as ModuleName;
    const checkpoint: Checkpoint = { deployment: 'a'.repeat(64) as PayloadHash, stateEpoch: null, state: stateOf('kept') };
    await new CheckpointStore(directory).save(module, checkpoint);
    // Written by the same writer, for a checksum is over the bytes.
    const copies = new Copies(join(directory, module), { maxBytes: 10_000 });
    const { bytes } = await copies.read();
    await copies.write(
      Buffer.from(
        Buffer.from(bytes ?? [])
          .toString()
          .replace('{', '{"more":1,'),
      ),
    );
    expect(await new CheckpointStore(directory).load(module)).toEqual(checkpoint);
  });
});

test('whatever is closed is on the list, with its reason', async () => {
  const paths = globSync('src/**/*.ts', { cwd: ROOT }).toSorted();
  const texts = await Promise.all(paths.map((path) => readFile(join(ROOT, path), 'utf8')));
  const closed = paths.filter((_, index) => texts[index]?.includes('strictObject('));
  expect(closed).toEqual(Object.keys(CLOSED).toSorted());
});

async function grow(path: string): Promise<void> {
  await writeFile(path, JSON.stringify({ ...(await readJson(path)), more: 1 }));
}

async function readJson(path: string): Promise<object> {
  return JSON.parse(await readFile(path, 'utf8')) as object;
}
