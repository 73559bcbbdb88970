/** Law 4: whatever modules do, the core of a node goes on, and with it backup gossip. */
import type { Happening, NodeSight } from './happening.ts';
import { LawBroken } from './law.ts';
import type { Law } from './law.ts';

/** Far more than the five rounds, a quarter more at most, between two exchanges at the slow rate; and than an exchange without an answer takes. */
const SILENT_ROUNDS = 15;
const SILENT_MS = 10_000;
/** Rounds of a node that says it is behind are so many times longer at most (law 10). */
const MOST_STRAIN = 8;

export class CoreOutlives implements Law {
  readonly name = '4 (the core outlives its modules)';
  readonly #silentMs: number;
  /** When each node that is up last began a backup exchange, or began to run. */
  readonly #lastBackup = new Map<NodeSight, number>();
  /** Nodes that say they are behind. */
  readonly #strained = new Set<NodeSight>();

  constructor(intervalMs: number) {
    this.#silentMs = Math.max(SILENT_ROUNDS * intervalMs, SILENT_MS);
  }

  observe(happening: Happening, now: number): void {
    const { type, node } = happening;
    if (type === 'up') this.#strained.delete(node);
    if (type === 'up' || type === 'thawed') this.#lastBackup.set(node, now);
    else if (type === 'down') this.#lastBackup.delete(node);
    else if (type === 'died') throw new LawBroken(this.name, `the core of ${node.peer.name} ends: ${String(happening.error)}`);
    else if (type === 'handled') this.#requireBackup(node, happening, now);
  }

  #requireBackup(node: NodeSight, { effects }: Extract<Happening, { type: 'handled' }>, now: number): void {
    for (const effect of effects)
      if (effect.type === 'note' && effect.note.event === 'strain') this.#told(node, effect.note.strain.level, now);
    const mostMs = this.#silentMs * (this.#strained.has(node) ? MOST_STRAIN : 1);
    if (effects.some(isBackup)) this.#lastBackup.set(node, now);
    else if (now - (this.#lastBackup.get(node) ?? now) > mostMs)
      throw new LawBroken(this.name, `${node.peer.name} began no backup exchange for ${mostMs} ms`);
  }

  /** Once it is over, the last long round may still be running. */
  #told(node: NodeSight, strain: number, now: number): void {
    if (strain > 1) this.#strained.add(node);
    else if (this.#strained.delete(node)) this.#lastBackup.set(node, now);
  }
}

/** Only backup gossip says all that it holds: rumours and deltas carry records. */
function isBackup(effect: Extract<Happening, { type: 'handled' }>['effects'][number]): boolean {
  return effect.type === 'send' && effect.message.kind === 'configuration' && effect.message.summary !== null;
}
