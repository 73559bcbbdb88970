/**
 * Backup gossip: the core's own anti-entropy of configurations, on its own timer, whatever the modules do. Slow
 * always, fast while something is wrong (law 4, law 6). Every fourth exchange goes to a rendezvous node (attack B8).
 */
import type { Peer } from '../model/names.ts';
import type { ActiveView } from './active-view.ts';
import type { Hints } from './hints.ts';
import type { Ports } from './ports.ts';
import type { Reconciler } from './reconcile.ts';
import { OUTSIDE_EVERY, RENDEZVOUS_EVERY } from './timing.ts';

export interface BackupParts {
  readonly ports: Ports;
  readonly hints: Hints;
  readonly view: ActiveView;
  readonly reconciler: Pick<Reconciler, 'free' | 'backup'>;
  /** What is wrong now, in words; null when nothing is. */
  readonly trouble: () => string | null;
}

export interface BackupRate {
  readonly rate: 'slow' | 'fast';
  readonly why: string;
}

/** Halfway between two exchanges with rendezvous nodes. */
const OUTSIDE_TURN = 2;
const WELL = 'all modules gossip usefully';

export class Backup {
  readonly #parts: BackupParts;
  #rate: BackupRate = { rate: 'fast', why: 'the node has just started' };
  #count = 0;
  /** Whether the round that goes on was made longer. */
  #stretched = false;

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
    const { work } = this.#parts.ports;
    work.rounds += 1;
    if (this.#stretched) work.stretchedRounds += 1;
    this.reassess();
    this.#schedule(this.#period());
    const partner = this.#partner();
    if (partner === undefined) return;
    this.#count += 1;
    work.backups += 1;
    this.#parts.reconciler.backup(partner);
  }

  #partner(): Peer | undefined {
    const { hints, view, reconciler } = this.#parts;
    const toRendezvous = this.#count % RENDEZVOUS_EVERY === 0;
    const outside = this.#count % OUTSIDE_EVERY === OUTSIDE_TURN;
    // One that has not answered yet is not asked again meanwhile; the round is for another.
    const free = (peer: Peer): boolean => reconciler.free(peer);
    return (
      (toRendezvous ? hints.pickRendezvous(free) : undefined) ??
      (outside ? hints.pick((peer) => free(peer) && !view.has(peer)) : undefined) ??
      view.pick(free) ??
      hints.pickRendezvous(free)
    );
  }

  #period(): number {
    const { ports } = this.#parts;
    this.#stretched = ports.strain.level > 1;
    return ports.round(this.#rate.rate === 'fast' ? ports.timing.fastBackupMs : ports.timing.slowBackupMs);
  }

  #schedule(delayMs: number): void {
    const { ports } = this.#parts;
    ports.timers.set('backup', ports.now + delayMs, () => this.#round());
  }
}
