/** Files of a recovery, where two operators must sign: its parts, who signs which, and what is refused. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NoteBook } from '../../../src/gossip/note-book.ts';
import type { Envelope } from '../../../src/model/deployment.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import { countersignPaper, inspectPaper } from '../../../src/operator/cluster/papers.ts';
import { requireNotesKept } from '../../../src/operator/cluster/recovery/alone.ts';
import { overtakenBy } from '../../../src/operator/cluster/recovery/from-file.ts';
import { proposeEpoch, signWanted } from '../../../src/operator/cluster/recovery/new-epoch.ts';
import {
  finishRecovery,
  inspectRecovery,
  lackingIn,
  packRecovery,
  partsOf,
} from '../../../src/operator/cluster/recovery/recovery-files.ts';
import { chooseWanted } from '../../../src/operator/cluster/recovery/wanted.ts';
import { readSignedFile } from '../../../src/operator/deploy/signed-files.ts';
import { Records } from '../../../src/operator/status/records.ts';
import { signDeployment, verifyDeployment } from '../../../src/trust/deployment.ts';
import { generateKey } from '../../../src/trust/keys.ts';
import type { PrivateKey } from '../../../src/trust/keys.ts';
import { makeNextRoot, nextRoot } from '../../../src/trust/next-root.ts';
import { renewNotes, signNote, verifyNote } from '../../../src/trust/node-note.ts';
import { decodeRecoveryFile } from '../../../src/trust/recovery-file.ts';
import type { RecoveryFile } from '../../../src/trust/recovery-file.ts';
import { noteOf } from '../../support/notes.ts';
import { deploymentOf, key, peer, root } from '../../support/records.ts';

/** Of ada her stolen key and the next one; bob keeps his; carol only admits; eve is a stranger. */
const [ada, next, bob, carol, eve] = [key, generateKey(), generateKey(), generateKey(), generateKey()];
const ids = (...keys: PrivateKey[]) => keys.map(({ keyid }) => keyid);
const publics = Object.fromEntries([ada, bob, carol].map((each) => [each.keyid, { public: each.public }]));
const two = { keys: ids(ada, bob), threshold: 2 };
const both = { root: two, deploy: two, admit: { keys: ids(ada, bob, carol), threshold: 2 } };
const held = nextRoot(root, makeNextRoot(root, { created: 1, keys: publics, roles: both, rendezvous: [peer(1)] }, [ada, bob]));
const [REGISTRY, COUNTER] = ['registry' as ModuleName, 'counter' as ModuleName];
const coded = (code: string, message = '') => expect.objectContaining({ code, message: expect.stringContaining(message) });
const deployed = (sequence: number, module: ModuleName) =>
  verifyDeployment(signDeployment(deploymentOf(sequence, { module }), [ada, bob]), held);
const known = Records.of([deployed(1, REGISTRY), deployed(2, COUNTER)], new Map());
const revocation = verifyNote(signNote({ ...noteOf('revoke', peer(7).id), name: 'node7' }, [ada, bob]), held);

const BESIDE = { author: 'ada', message: '', now: 5, origin: peer(1).id };

/** As `gossip cluster recover --write` on ada's machine makes it: her old and her new key sign. */
function written(): RecoveryFile {
  const stolen = new Set([ada.keyid]);
  const { wanted } = chooseWanted(known, stolen, { keep: new Map(), until: undefined, remove: new Set([COUNTER]), scrub: new Set() });
  const { proposal, step } = proposeEpoch(held, { stolen, own: ada, next, name: 'ada', also: [] }, wanted.length, 5);
  const records = signWanted(wanted, { root: { cluster: held.cluster, root: proposal.root }, key: next, records: known, ...BESIDE });
  const notes = renewNotes([revocation], { root: proposal.root }, [next]);
  return decodeRecoveryFile(packRecovery(held, { envelope: step, records, notes }));
}

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'gossip-recovery-'))));
afterEach(() => rm(directory, { recursive: true, force: true }));
const path = (): string => join(directory, 'r.gossip');
const sign = (file: RecoveryFile, by: PrivateKey, from = held) =>
  countersignPaper({ kind: 'recovery', file }, { cluster: { name: 'c', root: from, directory }, key: by, output: path() });
async function signed(file: RecoveryFile, by: PrivateKey): Promise<RecoveryFile> {
  await sign(file, by);
  const read = await readSignedFile(path());
  if (read.kind !== 'recovery') throw new Error(`it is a ${read.kind}`);
  return read.file;
}

describe('a file of a recovery', () => {
  it('says of each part who has signed it and who must', () => {
    const proposal = inspectRecovery(written(), held);
    expect(partsOf(proposal).map(({ part, count, missing, maySign }) => [part, count, missing, maySign])).toEqual([
      ['root', 1, 1, [bob.keyid]],
      ['deployments', 2, 1, [bob.keyid]],
      ['notes', 1, 1, ids(bob, carol)],
    ]);
    const [b, c] = ids(bob, carol).map((id) => id.slice(0, 12));
    expect(lackingIn(proposal)).toBe(
      `must sign: 1 more for the root, of: ${b}; 1 more for 2 deployments, of: ${b}; 1 more for 1 note, of: ${b}, ${c}`,
    );
    expect(() => finishRecovery(proposal)).toThrow(coded('GOSSIP_E_THRESHOLD', '1 more for 2 deployments'));
    const { lines } = inspectPaper({ kind: 'recovery', file: written() }, { name: 'c', root: held });
    expect(lines.join('\n')).toMatch(
      /trust epoch.*\n[^]*counter: d3, removed[^]*registry: d4[^]*state kept[^]*any other module ends[^]*revokes node7/,
    );
  });

  it('is signed in all its parts by the next operator, whose home may know an older root, and is complete then', async () => {
    const { paper } = await sign(written(), bob, root);
    expect(paper.lacking).toBeNull();
    const file = await signed(written(), bob);
    const recovery = finishRecovery(inspectRecovery(file, held));
    expect([recovery.root.root.epoch, recovery.records.length, recovery.notes.length]).toEqual([2, 2, 1]);
    expect(verifyNote(file.notes[0], recovery.root).note).toMatchObject({ kind: 'revoke', epoch: 2, count: 1 });
  });

  it('takes of a key what it may sign; of one that may sign nothing it is refused, and stays as it is', async () => {
    const file = await signed(written(), carol);
    expect(partsOf(inspectRecovery(file, held)).map(({ missing }) => missing)).toEqual([1, 1, 0]);
    await rm(path());
    await expect(sign(file, eve)).rejects.toThrow(coded('GOSSIP_E_SIGNATURE', 'nothing of this recovery'));
    await expect(readFile(path())).rejects.toThrow('ENOENT');
    // The stolen key opens the door for the root alone.
    const again = await signed(written(), ada);
    expect(partsOf(inspectRecovery(again, held)).map(({ missing }) => missing)).toEqual([1, 1, 1]);
  });

  it('is refused where a part is left out, doubled, of another epoch or under a root that opens none', () => {
    const file = written();
    const [first, second] = file.records as [Envelope, Envelope];
    const of = (change: Partial<RecoveryFile>) => () => inspectRecovery({ ...file, ...change }, held);
    expect(of({ records: [first] })).toThrow(coded('GOSSIP_E_SCHEMA', 'begins with 2 modules, and the file holds 1'));
    expect(of({ records: [first, first] })).toThrow(coded('GOSSIP_E_SCHEMA', 'of one module'));
    expect(of({ records: [second, known.all[0]?.envelope as Envelope] })).toThrow(coded('GOSSIP_E_WRONG_EPOCH'));
    expect(of({ notes: [revocation.envelope] })).toThrow(coded('GOSSIP_E_SCHEMA', 'trust epoch 1'));
    const same = makeNextRoot(held, { created: 5, roles: both }, [ada, bob]);
    expect(of({ envelope: same })).toThrow(coded('GOSSIP_E_SCHEMA', 'opens no trust epoch'));
  });

  it('that is in force is not signed again, and says that it can still be finished', async () => {
    const file = await signed(written(), bob);
    const { root: opened } = finishRecovery(inspectRecovery(file, held));
    expect(() => inspectRecovery(file, opened)).toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_ROOT_VERSION', advice: expect.stringContaining('finishes it') }),
    );
  });

  it('is stale once the root has moved on', () => {
    const moved = nextRoot(held, makeNextRoot(held, { created: 9, roles: both }, [ada, bob]));
    expect(() => inspectRecovery(written(), moved)).toThrow(coded('GOSSIP_E_ROOT_VERSION', 'another one is in force already'));
  });

  it('is refused whichever byte of it is changed', async () => {
    const bytes = packRecovery(held, await signed(written(), bob));
    for (let at = 0; at < bytes.length; at += 23) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const judge = (): unknown => finishRecovery(inspectRecovery(decodeRecoveryFile(changed), root));
      expect(() => [at, judge()]).toThrow(expect.objectContaining({ name: 'GossipError', exitCode: expect.any(Number) }));
    }
  });

  it('names what came after it was written and ends with it: a thief who goes on must not keep the cluster from it', async () => {
    const recovery = finishRecovery(inspectRecovery(await signed(written(), bob), held));
    const later = Records.of([...known.all, deployed(3, REGISTRY), deployed(1, 'late' as ModuleName)], new Map());
    const book = new NoteBook();
    book.merge([revocation, verifyNote(signNote(noteOf('revoke', peer(8).id), [ada, bob]), held)]);
    book.merge([verifyNote(signNote(noteOf('admit', peer(9).id), [bob, carol]), held)]);
    expect(overtakenBy(recovery, { book }, known)).toHaveLength(1);
    const overtaken = overtakenBy(recovery, { book }, later);
    expect(overtaken.filter((line) => line.includes('deployed since'))).toHaveLength(2);
    // What keys that stay have signed holds by itself.
    expect(overtaken.filter((line) => line.includes('decided since'))).toEqual([expect.stringContaining(peer(8).id.slice(0, 12))]);
  });
});

it('alone nobody recovers where a revocation would end with the stolen key, and he cannot sign it anew', () => {
  const stolen = new Set([ada.keyid]);
  expect(() => requireNotesKept(held, ada.keyid, stolen, [revocation])).toThrow(coded('GOSSIP_E_THRESHOLD'));
  expect(() => requireNotesKept(held, ada.keyid, stolen, [])).not.toThrow();
  const byOthers = verifyNote(signNote(noteOf('revoke', peer(8).id), [bob, carol]), held);
  expect(() => requireNotesKept(held, ada.keyid, stolen, [byOthers])).not.toThrow();
});
