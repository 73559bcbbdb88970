/**
 * Law 8, as far as single events show it: what serves is stopped only for something newer that its own node knows, never because
 * others are gone. (That clusters converge without any of their nodes is for law 6 in the scenarios that take nodes away.)
 */
import { deploymentName } from '../../model/deployment.ts';
import type { ModuleName } from '../../model/names.ts';
import type { Happening, NodeSight, Running } from './happening.ts';
import { newestOf } from './order.ts';
import { stateEpochAmong } from '../node/provenance.ts';
import { LawBroken } from './law.ts';
import type { Law } from './law.ts';

export class NoLeader implements Law {
  readonly name = '8 (nothing needs a leader)';

  /** Nodes that were told to stop. */
  readonly #leaving = new Set<NodeSight>();

  observe(happening: Happening): void {
    if (happening.type === 'leaving') this.#leaving.add(happening.node);
    if (happening.type === 'down') this.#leaving.delete(happening.node);
    if (this.#leaving.has(happening.node)) return;
    if (happening.type !== 'instance-ended' || happening.why !== 'stopped' || happening.served === null) return;
    this.#requireReason(happening.node, happening.module, happening.served);
  }

  #requireReason({ peer, records }: NodeSight, module: ModuleName, { record, provenance }: Running): void {
    const outdated = newestOf(records).get(module)?.hash !== record.hash || stateEpochAmong(records, module) !== provenance.stateEpoch;
    if (outdated) return;
    throw new LawBroken(this.name, `${peer.name} stops ${deploymentName(record.deployment)} of ${module} and knows nothing newer`);
  }
}
