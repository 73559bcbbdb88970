/** Law 4: whatever modules do, the core of a node goes on, and with it backup gossip. */
import type { Happening, NodeSight } from './happening.ts';
import { LawBroken } from './law.ts';
import type { Law } from './law.ts';

/** Far more than the five rounds, a quarter more at most, between two exchanges at the slow rate; and than an exchange without an answer takes. */
const SILENT_ROUNDS = 15;
const SILENT_MS = 10_000;

export class CoreOutlives implements Law {
  readonly name = '4 (the core outlives its modules)';
  readonly #silentMs: number;
  /** When each node that is up last began a backup exchange, or began to run. */
  readonly #lastBackup = new Map<NodeSight, number>();

  constructor(roundMs: number) {
    this.#silentMs = Math.max(SILENT_ROUNDS * roundMs, SILENT_MS);
  }

  observe(happening: Happening, now: number): void {
    const { type, node } = happening;
    if (type === 'up' || type === 'thawed') this.#lastBackup.set(node, now);
    else if (type === 'down') this.#lastBackup.delete(node);
    else if (type === 'died') throw new LawBroken(this.name, `the core of ${node.peer.name} ends: ${String(happening.error)}`);
    else if (type === 'handled') this.#requireBackup(node, happening, now);
  }

  #requireBackup(node: NodeSight, { effects }: Extract<Happening, { type: 'handled' }>, now: number): void {
    if (effects.some(isBackup)) this.#lastBackup.set(node, now);
    else if (now - (this.#lastBackup.get(node) ?? now) > this.#silentMs)
      throw new LawBroken(this.name, `${node.peer.name} began no backup exchange for ${this.#silentMs} ms`);
  }
}

/** Only backup gossip says all that it holds: rumours and deltas carry records. */
function isBackup(effect: Extract<Happening, { type: 'handled' }>['effects'][number]): boolean {
  return effect.type === 'send' && effect.message.kind === 'configuration' && effect.message.summary !== null;
}
