/**
 * Backup gossip: the core's own anti-entropy of configurations, on its own timer, whatever the modules do. Slow
 * always, fast while something is wrong (law 4, law 6). Every fourth exchange goes to a rendezvous node (attack B8).
 */
import type { Peer } from '../model/names.ts';
import type { Hints } from './hints.ts';
import type { Ports } from './ports.ts';
import type { Reconciler } from './reconcile.ts';
import { jittered, RENDEZVOUS_EVERY } from './timing.ts';

export interface BackupParts {
  readonly ports: Ports;
  readonly hints: Hints;
  readonly reconciler: Reconciler;
  /** What is wrong now, in words; null when nothing is. */
  readonly trouble: () => string | null;
}

export interface BackupRate {
  readonly rate: 'slow' | 'fast';
  readonly why: string;
}

const WELL = 'all modules gossip usefully';

export class Backup {
  readonly #parts: BackupParts;
  #rate: BackupRate = { rate: 'fast', why: 'the node has just started' };
  #count = 0;

  constructor(parts: BackupParts) {
    this.#parts = parts;
  }

  get rate(): BackupRate {
    return this.#rate;
  }

  /** The first exchange comes within a round, at a random time, so that a restarted fleet does not call in chorus. */
  start(): void {
    this.#schedule(this.#parts.ports.random() * this.#parts.ports.timing.fastBackupMs);
  }

  /** Follows what the last event changed: a module in trouble does not wait for the slow timer. */
  reassess(): void {
    const why = this.#parts.trouble();
    const rate = why === null ? 'slow' : 'fast';
    const { ports } = this.#parts;
    if (rate !== this.#rate.rate) ports.emit({ type: 'note', note: { event: 'backup-rate', rate, why: why ?? WELL } });
    const hurried = rate === 'fast' && this.#rate.rate === 'slow';
    this.#rate = { rate, why: why ?? WELL };
    const due = ports.timers.due('backup');
    if (hurried && due !== undefined && due > ports.now + ports.timing.fastBackupMs) this.#schedule(this.#period());
  }

  #round(): void {
    this.reassess();
    this.#schedule(this.#period());
    const { hints, reconciler } = this.#parts;
    const toRendezvous = this.#count % RENDEZVOUS_EVERY === 0;
    // One that has not answered yet is not asked again meanwhile; the round is for another.
    const free = (peer: Peer): boolean => reconciler.free(peer);
    const partner = (toRendezvous ? hints.pickRendezvous(free) : undefined) ?? hints.pick(free) ?? hints.pickRendezvous(free);
    if (partner === undefined) return;
    this.#count += 1;
    reconciler.backup(partner);
  }

  #period(): number {
    const { timing, random } = this.#parts.ports;
    return jittered(this.#rate.rate === 'fast' ? timing.fastBackupMs : timing.slowBackupMs, random);
  }

  #schedule(delayMs: number): void {
    const { ports } = this.#parts;
    ports.timers.set('backup', ports.now + delayMs, () => this.#round());
  }
}
