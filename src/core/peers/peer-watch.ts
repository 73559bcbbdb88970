/**
 * Peers that come and go, as this node sees them: told in its log, where `gossip monitor` finds it, and to applications that watch the node. A peer is silent once three calls to it in a row have failed and it
 * has not called meanwhile; whether it is dead, membership says. Told rarely and boundedly, so that a partition floods nobody.
 */
import type { PeerChange, PeerEvent } from '../../api/node-events.ts';
import type { Sighting } from '../../gossip/hint.ts';
import type { NodeId } from '../../model/names.ts';
import type { Logger } from '../log/log.ts';

const FAILURES_TO_BE_SILENT = 3;
/** Between two looks. */
const WATCH_ROUNDS = 5;
/** Peers that are told of in one look, of each kind; of more their number. */
const MOST_TOLD = 8;

type Change = Extract<PeerChange, 'peer-met' | 'peer-silent' | 'peer-back'>;

/** Who is told besides. */
interface Told {
  readonly peer: (event: PeerEvent) => void;
}

export class PeerWatch {
  readonly #log: Pick<Logger, 'info'>;
  readonly #audience: Told | undefined;
  /** What was seen last of each peer that has answered at some time. */
  #seen: Map<NodeId, 'there' | 'silent'> | null = null;

  constructor(log: Pick<Logger, 'info'>, audience?: Told) {
    this.#log = log;
    this.#audience = audience;
  }

  /** Looks every few rounds, for as long as the timers run. */
  watch(timers: { every(periodMs: number, run: () => void): void }, intervalMs: number, sightings: () => readonly Sighting[]): void {
    timers.every(WATCH_ROUNDS * intervalMs, () => this.look(sightings()));
  }

  /** The first look tells nothing: what a node remembers of the time before its start is no news. */
  look(sightings: readonly Sighting[]): void {
    const before = this.#seen;
    const now = new Map<NodeId, 'there' | 'silent'>();
    const told: Record<Change, Sighting[]> = { 'peer-met': [], 'peer-silent': [], 'peer-back': [] };
    for (const peer of sightings) {
      // That one has left is told by its farewell.
      if (!peer.proven || peer.left !== undefined) continue;
      const was = before?.get(peer.id);
      const state = peer.failures === 0 ? 'there' : peer.failures >= FAILURES_TO_BE_SILENT ? 'silent' : (was ?? 'there');
      now.set(peer.id, state);
      if (was === undefined && state === 'there') told['peer-met'].push(peer);
      if (was === 'there' && state === 'silent') told['peer-silent'].push(peer);
      if (was === 'silent' && state === 'there') told['peer-back'].push(peer);
    }
    this.#seen = now;
    if (before === null) return;
    for (const change of Object.keys(told) as Change[]) this.#tell(change, told[change]);
  }

  #tell(change: Change, peers: readonly Sighting[]): void {
    for (const { id, name, address, silentMs } of peers.slice(0, MOST_TOLD)) {
      const silent = change === 'peer-silent' && silentMs !== undefined ? { silentMs } : {};
      this.#log.info({ peer: name || address, id, ...silent }, change);
      this.#audience?.peer({ event: change, peer: { id, name, address }, ...silent });
    }
    const others = peers.length - MOST_TOLD;
    if (others <= 0) return;
    this.#log.info({ others }, change);
    this.#audience?.peer({ event: change, others });
  }
}
