/** No deployment is activated a second time while its instance serves, however often its record comes (row 4 of docs/faults.md). */
import { deploymentName } from '../../model/deployment.ts';
import type { ModuleName } from '../../model/names.ts';
import type { Happening, NodeSight, Running } from './happening.ts';
import { LawBroken } from './law.ts';
import type { Law } from './law.ts';

export class OneActivation implements Law {
  readonly name = 'of one activation';
  /** What serves now, on each node. */
  readonly #serving = new Map<NodeSight, Map<ModuleName, Running>>();

  observe(happening: Happening): void {
    const { node } = happening;
    if (happening.type === 'instance-active') this.#activate(node, happening.module, happening.instance);
    else if (happening.type === 'down') this.#serving.delete(node);
    else if (happening.type === 'instance-ended' && happening.served !== null) this.#serving.get(node)?.delete(happening.module);
  }

  #activate(node: NodeSight, module: ModuleName, instance: Running): void {
    const serving = this.#serving.get(node) ?? new Map<ModuleName, Running>();
    this.#serving.set(node, serving);
    const before = serving.get(module);
    serving.set(module, instance);
    // In another state epoch the same deployment starts anew, on purpose.
    const again = before?.record.hash === instance.record.hash && before.provenance.stateEpoch === instance.provenance.stateEpoch;
    if (again)
      throw new LawBroken(this.name, `${node.peer.name} activates ${deploymentName(instance.record.deployment)} of ${module} again`);
  }
}
