/** What comes from peers, on its way to the part that it is for: who was revoked is not heard, neither asking nor answering (attack B15). */
import type { NodeId } from '../model/names.ts';
import { cloneAlarm } from './alarms.ts';
import type { Checks } from './checks.ts';
import type { Clones } from './clones.ts';
import type { Hints } from './hints.ts';
import type { Mediator } from './mediated.ts';
import type { NoteBook } from './note-book.ts';
import type { Notes } from './notes.ts';
import type { Ports } from './ports.ts';
import type { Failure, GossipEvent } from './protocol.ts';
import type { Reconciler } from './reconcile.ts';

export interface IncomingParts {
  readonly ports: Ports;
  readonly hints: Hints;
  readonly clones: Clones;
  readonly book: NoteBook;
  readonly notes: Pick<Notes, 'refused'>;
  readonly mediator: Mediator;
  readonly reconciler: Reconciler;
  readonly checks: Pick<Checks, 'hearsRevoked'>;
}

type Event<Type extends GossipEvent['type']> = Extract<GossipEvent, { type: Type }>;

const REVOKED: Failure = { code: 'GOSSIP_E_REVOKED', message: 'one of the two was revoked' };

export class Incoming {
  readonly #parts: IncomingParts;

  constructor(parts: IncomingParts) {
    this.#parts = parts;
  }

  request({ token, from, message, incarnation = null }: Event<'request'>): void {
    const { ports, hints, clones, mediator, reconciler } = this.#parts;
    const revocation = this.#revocation(from.id);
    if (revocation !== undefined) return ports.emit({ type: 'respond', token, message: { kind: 'revoked', note: revocation } });
    if ('address' in from) hints.claim(from, incarnation);
    hints.called(from.id, message.digest, ports.now, incarnation);
    // Exchanges of modules do not tell the incarnation: they have no room for it.
    const clone = 'address' in from && message.kind === 'configuration' ? clones.said(from, incarnation, ports.now) : null;
    if (clone !== null) ports.emit({ type: 'note', note: { event: 'alarm', alarm: cloneAlarm(clone) } });
    if (message.kind === 'exchange') mediator.request(token, from, message);
    else reconciler.request(token, from, message);
  }

  answer({ token, message }: Event<'answer'>): void {
    const { ports, notes, mediator, reconciler } = this.#parts;
    ports.strain.call('answered');
    const asked = mediator.asked(token) ?? reconciler.asked(token);
    if (asked === undefined) return;
    const isRevoked = this.#revocation(asked.id) !== undefined;
    if (message.kind === 'revoked' && !isRevoked) notes.refused(message.note, asked.id);
    if (message.kind === 'revoked' || isRevoked) this.noAnswer({ token, failure: REVOKED });
    else if (!mediator.answered(token, message)) reconciler.answered(token, message);
  }

  noAnswer({ token, failure }: Pick<Event<'no-answer'>, 'token' | 'failure'>): void {
    const { ports, mediator, reconciler } = this.#parts;
    if (failure.code === 'GOSSIP_E_TIMEOUT') ports.strain.call('timed-out');
    if (!mediator.unanswered(token, failure)) reconciler.unanswered(token, failure);
  }

  #revocation(id: NodeId): ReturnType<NoteBook['revocation']> {
    return this.#parts.checks.hearsRevoked ? undefined : this.#parts.book.revocation(id);
  }
}
