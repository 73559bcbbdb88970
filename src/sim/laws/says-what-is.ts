/**
 * Law 9: what a node says runs does run, a node that does not run the newest says why, and a state that is older than the instance
 * it came from is told: never in the place of one that a running instance could give.
 */
import { deploymentName } from '../../model/deployment.ts';
import { isOutdated } from '../node/provenance.ts';
import type { Generation, GossipEvent, ModuleView } from '../../gossip/protocol.ts';
import type { Happening, NodeSight, Running } from './happening.ts';
import type { ModuleName } from '../../model/names.ts';
import { LawBroken } from './law.ts';
import type { Law } from './law.ts';

/** After these what a node says of its modules may have changed; to ask after each event would cost more than the run. */
const TELLING: ReadonlySet<GossipEvent['type']> = new Set<GossipEvent['type']>([
  'instance-loaded',
  'instance-accepted',
  'instance-active',
  'instance-failed',
  'state-taken',
  'code-fetched',
  'code-failed',
  'inject',
]);

/** One instance: when it was started, and the age of the state that it was given. */
interface Life {
  readonly startedAt: number;
  /** When its state was taken of another; null when it was given none. */
  takenAt: number | null;
  /** What serves; null until it does. */
  running: Running | null;
}

export const SAYS_WHAT_IS = '9 (say what is)';

export class SaysWhatIs implements Law {
  readonly name = SAYS_WHAT_IS;

  /** On each node: two instances of a module while one takes the other's place. */
  readonly #lives = new Map<NodeSight, Map<string, Life>>();

  /** Nodes that were told to stop, and say nothing more. */
  readonly #leaving = new Set<NodeSight>();

  observe(happening: Happening, now: number): void {
    const { type, node } = happening;
    if (type === 'leaving') this.#leaving.add(node);
    if (type === 'down') this.#leaving.delete(node);
    if (this.#leaving.has(node)) return;
    if (type === 'instance-started') {
      this.#of(node).set(keyOf(happening.module, happening.generation), { startedAt: now, takenAt: null, running: null });
    } else if (type === 'state') this.#given(node, happening);
    else if (type === 'instance-active') this.#begin(node, happening.module, happening.instance);
    else if (type === 'instance-ended') this.#of(node).delete(keyOf(happening.module, happening.generation));
    else if (type === 'down') this.#lives.delete(node);
    else if (type === 'handled' && TELLING.has(happening.event.type)) {
      for (const view of node.view()) this.#check(node, view);
      this.#checkWithheld(node, happening.event);
    }
  }

  #given(node: NodeSight, { module, generation, takenAt }: Extract<Happening, { type: 'state' }>): void {
    const life = this.#of(node).get(keyOf(module, generation));
    if (life !== undefined) life.takenAt = takenAt;
  }

  /** Whoever takes the place of an instance that serves has its state, as it was during the hand-over, unless a scrub throws that away. */
  #begin(node: NodeSight, module: ModuleName, instance: Running): void {
    const life = this.#of(node).get(keyOf(module, instance.generation));
    if (life === undefined) return;
    life.running = instance;
    if (instance.record.hash === instance.provenance.stateEpoch) return;
    const serves = [...this.#of(node)].some(
      ([key, { running }]) =>
        key.startsWith(`${module}/`) &&
        running?.provenance.stateEpoch === instance.provenance.stateEpoch &&
        running !== instance &&
        !isOutdated(node.records, running.provenance),
    );
    if (!serves || (life.takenAt ?? 0) >= life.startedAt) return;
    const state = life.takenAt === null ? 'no state' : `a state of ${life.startedAt - life.takenAt} ms before its start`;
    throw new LawBroken(this.name, `${node.peer.name} replaces a running ${module} by one with ${state}`);
  }

  #check(node: NodeSight, view: ModuleView): void {
    const { name, state, running, generation, newest, why } = view;
    const life = generation === null ? undefined : this.#of(node).get(keyOf(name, generation));
    const real = life?.running ?? undefined;
    if (running !== null && real?.record.hash !== running.hash)
      this.#break(node, view, `says that ${deploymentName(running.deployment)} runs`);
    const newestRuns = real?.record.hash === newest.hash && real.provenance.stateEpoch === view.stateEpoch;
    if (state === 'running' && !newestRuns)
      this.#break(node, view, `says 'running', and does not run ${deploymentName(newest.deployment)}`);
    if (!newestRuns && newest.deployment.code !== null && why === null)
      this.#break(node, view, `does not run ${deploymentName(newest.deployment)} and does not say why`);
    if (life !== undefined) this.#checkAge(node, view, life);
  }

  /** A state from before its instance was started comes from a checkpoint. */
  #checkAge(node: NodeSight, view: ModuleView, { startedAt, takenAt }: Life): void {
    if (takenAt === null || takenAt >= startedAt || (view.health?.restoredFromMs ?? 0) >= startedAt - takenAt) return;
    this.#break(node, view, `does not say that its state was ${startedAt - takenAt} ms old`);
  }

  /** An instance that serves and gives no state says so at once, not at the next update. */
  #checkWithheld(node: NodeSight, event: GossipEvent): void {
    if (event.type !== 'state-taken' || 'state' in event.taken) return;
    const view = node.view().find(({ name, generation }) => name === event.module && generation === event.generation);
    if (view !== undefined && view.health?.checkpoint.error === null) this.#break(node, view, 'does not say that it gives no state');
  }

  #of(node: NodeSight): Map<string, Life> {
    const lives = this.#lives.get(node) ?? new Map<string, Life>();
    this.#lives.set(node, lives);
    return lives;
  }

  #break({ peer }: NodeSight, { name, state }: ModuleView, what: string): never {
    throw new LawBroken(this.name, `${peer.name} ${what} (${name}, ${state})`);
  }
}

function keyOf(module: ModuleName, generation: Generation): string {
  return `${module}/${generation}`;
}
