/** Files of what is decided of nodes, where two operators must sign: what is believed of them, and what is refused. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NoteBook } from '../../../src/gossip/note-book.ts';
import type { OperatorCluster } from '../../../src/operator/cluster/clusters.ts';
import type { Known } from '../../../src/operator/cluster/decisions.ts';
import { finishNote, inspectNoteFile, noteLines, noteMissing, noteView, packNoteFile } from '../../../src/operator/cluster/note-files.ts';
import { draftNote, requireDecidable, requireOneEnough } from '../../../src/operator/cluster/note-making.ts';
import { countersignPaper, inspectPaper } from '../../../src/operator/cluster/papers.ts';
import { readSignedFile } from '../../../src/operator/deploy/signed-files.ts';
import { writeNamed } from '../../../src/operator/files/written-file.ts';
import { generateKey } from '../../../src/trust/keys.ts';
import type { PrivateKey } from '../../../src/trust/keys.ts';
import { makeNextRoot, nextRoot } from '../../../src/trust/next-root.ts';
import { signNote, verifyNote } from '../../../src/trust/node-note.ts';
import { decodeNoteFile } from '../../../src/trust/note-file.ts';
import type { NoteFile } from '../../../src/trust/note-file.ts';
import type { Role, TrustedRoot } from '../../../src/trust/root.ts';
import { key, peer, root } from '../../support/records.ts';
import { noteOf } from '../../support/notes.ts';

const [ada, bob, eve] = [key, generateKey(), generateKey()];
const publics = (...keys: PrivateKey[]) => Object.fromEntries(keys.map((each) => [each.keyid, { public: each.public }]));
const both = (threshold: number): Role => ({ keys: [ada.keyid, bob.keyid], threshold });
const second = follow(root, { admit: both(1) });
/** Two keys must sign what is decided of nodes. */
const third = follow(second, { admit: both(2) });
const fourth = follow(third, { admit: both(2) }, third.root.epoch + 1);
const stolen = peer(7).id;
const coded = (code: string, message = '') => expect.objectContaining({ code, message: expect.stringContaining(message) });

function follow(held: TrustedRoot, roles: { admit: Role }, epoch = held.root.epoch): TrustedRoot {
  const change = { created: 1, epoch, rendezvous: [peer(1)], keys: publics(ada, bob), roles: { ...held.root.roles, ...roles } };
  return nextRoot(held, makeNextRoot(held, epoch === held.root.epoch ? change : { ...change, modules: 0 }, [ada]));
}

const DECISION = { kind: 'revoke', subject: stolen, name: 'node7', author: 'ada', now: 1_700_000_000_000 } as const;

function fileBy(...signers: PrivateKey[]): NoteFile {
  const known = { cluster: { root: third } as OperatorCluster, book: new NoteBook() };
  return decodeNoteFile(packNoteFile(third, draftNote(known, DECISION, signers)));
}

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'gossip-notes-'))));
afterEach(() => rm(directory, { recursive: true, force: true }));

const sign = (file: NoteFile, by: PrivateKey, held: TrustedRoot = third) =>
  countersignPaper({ kind: 'note', file }, { cluster: { name: 'c', root: held, directory }, key: by, output: join(directory, 'n.gossip') });

describe('a file of what is decided of a node', () => {
  it('holds once as many have signed it as the newest root asks for, also by the home of somebody who knew an older one', async () => {
    const file = fileBy(ada);
    expect(noteView(inspectNoteFile(file, third))).toMatchObject({
      subject: stolen,
      signers: [ada.keyid],
      missing: 1,
      maySign: [bob.keyid],
    });
    expect(() => finishNote(inspectNoteFile(file, third))).toThrow(coded('GOSSIP_E_THRESHOLD', '1 of the 2'));
    const { paper, again } = await sign(file, bob, root);
    expect([paper.lacking, again]).toEqual([null, false]);
    const signed = await readSignedFile(join(directory, 'n.gossip'));
    if (signed.kind !== 'note') throw new Error(`it is a ${signed.kind}`);
    const note = finishNote(inspectNoteFile(signed.file, third));
    expect(verifyNote(note.envelope, third).note).toMatchObject({ kind: 'revoke', subject: stolen, count: 1, author: 'ada' });
  });

  it('may be written by somebody who may not sign, and says who must', () => {
    const file = fileBy(eve);
    expect(file.envelope.signatures).toEqual([]);
    expect(noteLines(inspectNoteFile(file, third))).toEqual([
      `revokes node7 (${stolen.slice(0, 12)})`,
      'decided by ada at 2023-11-14T22:13:20.000Z',
      'signed by nobody yet',
      `2 must sign, of: ${ada.keyid.slice(0, 12)}, ${bob.keyid.slice(0, 12)}`,
    ]);
  });

  it('takes no signature of a key that has no say, and no second one of the same key for another', async () => {
    await expect(sign(fileBy(ada), eve)).rejects.toThrow(coded('GOSSIP_E_SIGNATURE'));
    await expect(readFile(join(directory, 'n.gossip'))).rejects.toThrow('ENOENT');
    const { paper, again } = await sign(fileBy(ada), ada);
    expect([paper.lacking, again]).toEqual(['1 more must sign', true]);
  });

  it('is signed by those who may now: a key that was in the role before is not enough', () => {
    const only = follow(third, { admit: { keys: [bob.keyid], threshold: 1 } });
    const proposal = inspectNoteFile(fileBy(ada), only);
    expect(verifyNote(fileBy(ada, bob).envelope, only).note.subject).toBe(stolen);
    expect(noteMissing(proposal)).toBe(1);
    expect(() => finishNote(proposal)).toThrow(coded('GOSSIP_E_THRESHOLD'));
  });

  it('is refused once another trust epoch has begun, and where it is of another cluster', () => {
    expect(() => inspectNoteFile(fileBy(ada, bob), fourth)).toThrow(coded('GOSSIP_E_WRONG_EPOCH', 'trust epoch 1'));
    const foreign = signNote({ ...noteOf('revoke', stolen), cluster: 'ab'.repeat(32) as typeof root.cluster }, [ada]);
    expect(() => inspectNoteFile({ ...fileBy(ada), envelope: foreign }, third)).toThrow(coded('GOSSIP_E_WRONG_CLUSTER'));
  });

  it('is refused whichever byte of it is changed', () => {
    const bytes = packNoteFile(third, fileBy(ada, bob).envelope);
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      // A step of the root that is known here is not looked at.
      const judge = (): unknown => finishNote(inspectNoteFile(decodeNoteFile(changed), root));
      expect(() => [at, judge()]).toThrow(expect.objectContaining({ name: 'GossipError', exitCode: expect.any(Number) }));
    }
  });

  it('of another kind, absent or empty is refused as what it is', async () => {
    const path = join(directory, 'x');
    await expect(readSignedFile(path)).rejects.toThrow(coded('GOSSIP_E_FILE'));
    await writeNamed(path, Buffer.from('{"type":"gossip/note-file/1"}'));
    await expect(readSignedFile(path)).rejects.toThrow(coded('GOSSIP_E_SCHEMA', 'note file'));
    const envelope = { ...fileBy(ada).envelope, payloadType: 'gossip/root/1' };
    await writeNamed(path, packNoteFile(third, envelope));
    await expect(readSignedFile(path)).rejects.toThrow(coded('GOSSIP_E_SCHEMA'));
  });

  it('tells a home that holds the newest root by itself what it would do', () => {
    const paper = inspectPaper({ kind: 'note', file: fileBy(ada) }, { name: 'c', root: third });
    expect([paper.title, paper.signers, paper.lacking]).toEqual([
      `note that revokes node7 (${stolen.slice(0, 12)}) in 'c'`,
      1,
      '1 more must sign',
    ]);
  });
});

describe('who decides', () => {
  const known = (held: TrustedRoot): Known =>
    ({ cluster: { root: held, identity: { id: peer(9).id } }, holders: [], silent: [], book: new NoteBook() }) as unknown as Known;

  it('alone is refused where two must sign, and told of the file', () => {
    expect(() => requireOneEnough({ root: third })).toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_THRESHOLD', advice: expect.stringContaining('--write FILE') }),
    );
    expect(() => requireOneEnough({ root: second })).not.toThrow();
  });

  it('does not revoke his own identity, nor forget a rendezvous node, also not by a file', () => {
    const id = third.root.rendezvous[0]?.id ?? '';
    expect(() => requireDecidable(known(third), { ...DECISION, subject: peer(9).id })).toThrow(coded('GOSSIP_E_USAGE', 'your own'));
    expect(() => requireDecidable(known(third), { ...DECISION, kind: 'forget', subject: id })).toThrow(
      coded('GOSSIP_E_USAGE', 'rendezvous'),
    );
  });
});
