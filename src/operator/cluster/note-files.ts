/** Signed note files: what was decided of a node or a join token, to be looked at, countersigned and injected by others. The operator's own root decides what is believed of one (law 2). */
import { GossipError } from '../../model/errors.ts';
import type { Envelope } from '../../model/deployment.ts';
import { addSignature } from '../../trust/envelope.ts';
import { followedRoot, followFrom } from '../../trust/followed-root.ts';
import type { PrivateKey } from '../../trust/keys.ts';
import { inspectNote, verifyNote } from '../../trust/node-note.ts';
import type { NodeNote, UnfinishedNote, VerifiedNote } from '../../trust/node-note.ts';
import { encodeNoteFile } from '../../trust/note-file.ts';
import type { NoteFile } from '../../trust/note-file.ts';
import { keyText, roleOf } from '../../trust/root.ts';
import type { TrustedRoot } from '../../trust/root.ts';

/** A note, and the newest root that the operator's own and the file lead to. */
export interface NoteProposal extends UnfinishedNote {
  readonly root: TrustedRoot;
}

export function packNoteFile(root: TrustedRoot, envelope: Envelope): Uint8Array {
  return encodeNoteFile({ ...followedRoot(root), envelope });
}

/** What a file would decide. Refuses one of a trust epoch that has passed: whatever was decided in a later one would be above it. */
export function inspectNoteFile(file: NoteFile, held: TrustedRoot): NoteProposal {
  const root = followFrom(held, file);
  const unfinished = inspectNote(file.envelope, root);
  const { epoch } = unfinished.note;
  if (epoch === root.root.epoch) return { root, ...unfinished };
  throw new GossipError('GOSSIP_E_WRONG_EPOCH', `the file was made in trust epoch ${epoch}, and the root is of ${root.root.epoch}`, {
    advice: "Look at what was decided meanwhile, 'gossip nodes', and write it again.",
  });
}

/** How many more `admit` keys must sign. */
export function noteMissing({ root, envelope }: NoteProposal): number {
  return Math.max(0, roleOf(root.root, 'admit').threshold - envelope.signatures.length);
}

/** The note, once as many keys have signed it as the newest root asks for; `GOSSIP_E_THRESHOLD` before. */
export function finishNote(proposal: NoteProposal): VerifiedNote {
  const { root, envelope } = proposal;
  const missing = noteMissing(proposal);
  if (missing === 0) return verifyNote(envelope, root);
  throw new GossipError(
    'GOSSIP_E_THRESHOLD',
    `signed by ${envelope.signatures.length} of the ${roleOf(root.root, 'admit').threshold} keys that must sign what is decided of nodes`,
    {
      advice: "Have it signed by the next operator first: 'gossip config sign FILE'. Nothing was changed.",
    },
  );
}

/** The file with the signature of `key`. Refuses a key that has no say in it. */
export function countersignNote(file: NoteFile, held: TrustedRoot, key: PrivateKey): NoteFile {
  const { root } = inspectNoteFile(file, held);
  if (!roleOf(root.root, 'admit').keys.has(key.keyid)) {
    throw new GossipError('GOSSIP_E_SIGNATURE', `key ${key.keyid.slice(0, 12)} may not sign what is decided of nodes of this cluster`);
  }
  return { ...file, envelope: addSignature(file.envelope, key) };
}

const DOES = {
  admit: 'lets in',
  revoke: 'revokes',
  forget: 'forgets',
  'revoke-token': 'revokes the join token',
} as const;

/** `revokes node7 (3f0a1b2c3d4e)` */
export function noteText({ kind, name, subject }: Pick<NodeNote, 'kind' | 'name' | 'subject'>): string {
  const id = subject.slice(0, 12);
  return `${DOES[kind]} ${name === '' ? id : `${name} (${id})`}`;
}

/** What `--json` tells of a note on its way to enough signatures. */
export interface NoteView {
  readonly kind: NodeNote['kind'];
  /** Id of the node, or fingerprint of the token. */
  readonly subject: string;
  readonly name: string;
  readonly author: string;
  /** ISO 8601. */
  readonly time: string;
  readonly note: string;
  /** Ids of the keys that have signed. */
  readonly signers: readonly string[];
  readonly threshold: number;
  /** How many more must sign, and the ids of those who may. */
  readonly missing: number;
  readonly maySign: readonly string[];
}

export function noteView(proposal: NoteProposal): NoteView {
  const { note, hash, envelope, root } = proposal;
  const { keys, threshold } = roleOf(root.root, 'admit');
  const signers = envelope.signatures.map(({ keyid }) => keyid);
  const missing = noteMissing(proposal);
  const { kind, subject, name, author, time } = note;
  const maySign = missing === 0 ? [] : [...keys.keys()].filter((keyid) => !signers.includes(keyid));
  return { kind, subject, name, author, time: new Date(time).toISOString(), note: hash, signers, threshold, missing, maySign };
}

/** `2`, or `1 more` where some have signed. */
export function countText(proposal: NoteProposal): string {
  return `${noteMissing(proposal)}${proposal.envelope.signatures.length === 0 ? '' : ' more'}`;
}

/** As lines of text, below the cluster. */
export function noteLines(proposal: NoteProposal): string[] {
  const { root } = proposal.root;
  const { author, time, signers, missing, maySign } = noteView(proposal);
  const by = author === '' ? '' : ` by ${author}`;
  const named = (ids: readonly string[]): string => ids.map((keyid) => keyText(root, keyid)).join(', ');
  return [
    noteText(proposal.note),
    `decided${by} at ${time}`,
    `signed by ${signers.length === 0 ? 'nobody yet' : named(signers)}`,
    ...(missing === 0 ? [] : [`${countText(proposal)} must sign, of: ${named(maySign)}`]),
  ];
}
