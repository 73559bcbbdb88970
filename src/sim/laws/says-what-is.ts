/** Law 9: what a node says runs does run, and a node that does not run the newest says why. */
import { deploymentName } from '../../model/deployment.ts';
import type { Generation, GossipEvent, ModuleView } from '../../gossip/protocol.ts';
import type { Happening, NodeSight, Running } from '../happening.ts';
import type { ModuleName } from '../../model/names.ts';
import { LawBroken } from './law.ts';
import type { Law } from './law.ts';

/** After these what a node says of its modules may have changed; to ask after each event would cost more than the run. */
const TELLING: ReadonlySet<GossipEvent['type']> = new Set<GossipEvent['type']>([
  'instance-loaded',
  'instance-accepted',
  'instance-active',
  'instance-failed',
  'code-fetched',
  'code-failed',
  'inject',
]);

export class SaysWhatIs implements Law {
  readonly name = '9 (say what is)';

  /** What serves, on each node: two instances of a module while one takes the other's place. */
  readonly #serving = new Map<NodeSight, Map<string, Running>>();

  observe(happening: Happening): void {
    const { type, node } = happening;
    if (type === 'instance-active') this.#of(node).set(keyOf(happening.module, happening.instance.generation), happening.instance);
    else if (type === 'instance-ended') this.#of(node).delete(keyOf(happening.module, happening.generation));
    else if (type === 'down') this.#serving.delete(node);
    else if (type === 'handled' && TELLING.has(happening.event.type)) for (const view of node.view()) this.#check(node, view);
  }

  #check(node: NodeSight, view: ModuleView): void {
    const { name, state, running, generation, newest, why } = view;
    const real = generation === null ? undefined : this.#of(node).get(keyOf(name, generation));
    if (running !== null && real?.record.hash !== running.hash)
      this.#break(node, view, `says that ${deploymentName(running.deployment)} runs`);
    const newestRuns = real?.record.hash === newest.hash && real.provenance.epoch === view.stateEpoch;
    if (state === 'running' && !newestRuns)
      this.#break(node, view, `says 'running', and does not run ${deploymentName(newest.deployment)}`);
    if (!newestRuns && newest.deployment.code !== null && why === null)
      this.#break(node, view, `does not run ${deploymentName(newest.deployment)} and does not say why`);
  }

  #of(node: NodeSight): Map<string, Running> {
    const serving = this.#serving.get(node) ?? new Map<string, Running>();
    this.#serving.set(node, serving);
    return serving;
  }

  #break({ peer }: NodeSight, { name, state }: ModuleView, what: string): never {
    throw new LawBroken(this.name, `${peer.name} ${what} (${name}, ${state})`);
  }
}

function keyOf(module: ModuleName, generation: Generation): string {
  return `${module}/${generation}`;
}
