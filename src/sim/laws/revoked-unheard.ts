/**
 * No revoked node is heard: from the moment that a node holds the note, it takes nothing in from who was revoked, delivers none of its messages, and sends it none
 * (attack B15). What holds is read off the node's own notes; that they are the operator's is checked here anew.
 */
import type { NodeId, PayloadHash } from '../../model/names.ts';
import type { Happening, NodeSight } from './happening.ts';
import { LawBroken } from './law.ts';
import type { Law } from './law.ts';

type Handled = Extract<Happening, { type: 'handled' }>;
type Effect = Handled['effects'][number];

export class RevokedUnheard implements Law {
  readonly name = '2 (no revoked node is heard)';
  /** Whom each node held for revoked, when it had handled its last event. */
  readonly #revoked = new Map<NodeSight, ReadonlySet<NodeId>>();
  readonly #signed: ReadonlySet<PayloadHash>;

  /** `signed`: the hashes of all notes that the operator ever signed. */
  constructor(signed: ReadonlySet<PayloadHash>) {
    this.#signed = signed;
  }

  observe(happening: Happening): void {
    const { node, type } = happening;
    if (type === 'down') this.#revoked.delete(node);
    if (node.notes === null) return;
    if (type === 'up') this.#read(node);
    if (type !== 'handled') return;
    const revoked = this.#revoked.get(node);
    if (revoked !== undefined && revoked.size > 0) this.#check(node, revoked, happening);
    this.#read(node);
  }

  #read(node: NodeSight): void {
    const { notes = [] } = node.notes ?? {};
    const forged = notes.find(({ hash }) => !this.#signed.has(hash));
    if (forged !== undefined) throw new LawBroken(this.name, `${node.peer.name} holds a note that no operator signed`);
    this.#revoked.set(node, new Set(notes.flatMap(({ note }) => (note.kind === 'revoke' ? [note.subject as NodeId] : []))));
  }

  #check({ peer, notes }: NodeSight, revoked: ReadonlySet<NodeId>, { event, effects }: Handled): void {
    const isOut = (id: NodeId): boolean => id !== peer.id && revoked.has(id) && notes?.revocation(id) !== undefined;
    if (event.type === 'request' && isOut(event.from.id)) {
      if (effects.some(takesIn))
        throw new LawBroken(this.name, `${peer.name} takes in what ${event.from.id.slice(0, 12)} says, which is revoked`);
    }
    for (const effect of effects) {
      const with_ = partnerOf(effect);
      if (with_ !== null && isOut(with_))
        throw new LawBroken(this.name, `${peer.name} does '${effect.type}' with ${with_.slice(0, 12)}, which is revoked`);
    }
  }
}

/** Of a request: that it was more than refused. What else was due by then is no sign of it. */
function takesIn(effect: Effect): boolean {
  if (effect.type === 'respond') return effect.message.kind !== 'revoked';
  return effect.type === 'persist-configuration' || effect.type === 'deliver';
}

/** With whom an effect has to do; null: with nobody. */
function partnerOf(effect: Effect): NodeId | null {
  if (effect.type === 'send') return effect.to.id;
  if (effect.type === 'deliver' || effect.type === 'fetch-code') return effect.from.id;
  if (effect.type !== 'note') return null;
  const { note } = effect;
  return note.event === 'deployment-accepted' || note.event === 'root-accepted' || note.event === 'note-accepted' ? note.from : null;
}
