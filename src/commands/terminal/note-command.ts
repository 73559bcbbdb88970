/** What the commands share that decide of a node or a join token: all of them say what they do before they do it, and write a file where others must sign too. */
import { Flags } from '@oclif/core';
import { openOperatorKey, requireAdmitting } from '../../operator/cluster/clusters.ts';
import type { Known } from '../../operator/cluster/decisions.ts';
import { countText, inspectNoteFile, noteLines, noteView, packNoteFile } from '../../operator/cluster/note-files.ts';
import { draftNote, enterNote, requireDecidable, requireOneEnough, sameDecision } from '../../operator/cluster/note-making.ts';
import type { Decided, Decision } from '../../operator/cluster/note-making.ts';
import { isKeyThere } from '../../operator/cluster/own-key.ts';
import { author } from '../../operator/deploy/author.ts';
import { checkFree } from '../../operator/deploy/free-place.ts';
import { writeNamed } from '../../operator/files/written-file.ts';
import type { Session } from '../../operator/settings/session.ts';
import { decodeNoteFile } from '../../trust/note-file.ts';
import { verifyNote } from '../../trust/node-note.ts';
import { BaseCommand } from './base-command.ts';
import { confirm, requireConfirmable } from './confirm.ts';
import { heldJson, heldText, noteJson, sayDecided } from './decided.ts';
import { clusterFlag, entranceFlag, signerFlag, yesFlag } from './flags.ts';

/** Of every command that makes a note. */
export const noteFlags = {
  to: entranceFlag,
  yes: yesFlag,
  signer: signerFlag,
  write: Flags.string({
    summary: 'Write the note, signed as far as it can be here, to a file instead of making it known: others may have to sign it first.',
    helpValue: 'FILE',
  }),
  cluster: clusterFlag,
};

export interface NoteFlags {
  readonly to: string | undefined;
  readonly yes: boolean;
  readonly write: string | undefined;
}

export interface NoteMaking {
  readonly decision: Omit<Decision, 'author' | 'now'>;
  /** What is done, for whoever confirms it. */
  readonly line: string;
}

export abstract class NoteCommand extends BaseCommand {
  /** Makes the note and brings it to a node, or writes it down. Null where it was written: it is not decided yet. */
  protected async makeNote(session: Session, known: Known, flags: NoteFlags, { decision, line }: NoteMaking) {
    const whole = { ...decision, author: author(), now: Date.now() };
    requireDecidable(known, whole);
    const before = sameDecision(known, whole);
    if (before !== undefined && flags.write !== undefined) {
      this.say(`Nothing is written: ${heldText(before)}.`);
      return { json: { ...heldJson(before), file: null }, decided: null };
    }
    if (flags.write !== undefined) return { json: await this.#write(session, known, whole, flags.write), decided: null };
    const note = before ?? (await this.#confirmed(session, known, flags, { whole, line }));
    const decided = await enterNote(known, session.client, note, flags.to);
    for (const each of sayDecided(decided)) this.say(each);
    return { json: noteJson(decided), decided };
  }

  /** Before nodes are asked: whether the file can be written, or anybody can confirm. */
  protected async requireFlags({ cluster }: Session, { write, yes }: NoteFlags): Promise<void> {
    if (write !== undefined) await checkFree(write);
    else requireConfirmable(cluster, yes);
  }

  /** Neither a key nor a word of the operator's is needed for what holds already: this is for what does not. */
  async #confirmed(
    session: Session,
    known: Known,
    { yes }: NoteFlags,
    { whole, line }: { readonly whole: Decision; readonly line: string },
  ): Promise<Decided['note']> {
    requireOneEnough(known.cluster);
    await confirm(this.speaker, { cluster: session.cluster, lines: [line], yes });
    return this.#signed(session, known, whole);
  }

  async #signed({ keyOwner }: Session, known: Known, decision: Decision): Promise<Decided['note']> {
    const { cluster } = known;
    const key = await openOperatorKey(cluster, keyOwner);
    requireAdmitting(cluster, key, 'decide about nodes of');
    return verifyNote(draftNote(known, decision, [key]), cluster.root);
  }

  async #write({ keyOwner }: Session, known: Known, decision: Decision, file: string) {
    const { cluster } = known;
    // Whoever has no key can still write down what others are to sign.
    const signers = (await isKeyThere(cluster, keyOwner)) ? [await openOperatorKey(cluster, keyOwner)] : [];
    const bytes = packNoteFile(cluster.root, draftNote(known, decision, signers));
    await writeNamed(file, bytes);
    const proposal = inspectNoteFile(decodeNoteFile(bytes), cluster.root);
    this.say(`Cluster '${cluster.name}' (${cluster.root.cluster.slice(0, 12)})`, ...noteLines(proposal).map((each) => `  ${each}`));
    const view = noteView(proposal);
    const next = view.missing === 0 ? `gossip config inject ${file}` : `${countText(proposal)} must sign: gossip config sign ${file}`;
    this.remark(`Written to ${file}; nothing was changed. Next: ${next}`);
    return { ...view, file, complete: view.missing === 0 };
  }
}
