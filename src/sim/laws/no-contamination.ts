/** Law 3: messages only between instances of one deployment and state epoch; state only within one state epoch. */
import type { Happening } from './happening.ts';
import { isOutdated } from '../node/provenance.ts';
import type { Provenance } from '../node/provenance.ts';
import { LawBroken } from './law.ts';
import type { Law } from './law.ts';

export class NoContamination implements Law {
  readonly name = '3 (no contamination)';

  observe(happening: Happening): void {
    if (happening.type !== 'message' && happening.type !== 'state') return;
    const { type, node, module, from, to } = happening;
    const clean = from.stateEpoch === to.stateEpoch && (type === 'state' || from.deployment === to.deployment);
    // A fallback to older code than opened the epoch is marked with that epoch, and keeps what it gathers to itself.
    if (clean && !(type === 'state' && isOutdated(node.records, from))) return;
    const what = `a ${type} of ${describe(from)} reaches ${describe(to)}`;
    throw new LawBroken(this.name, `${what} of ${module} on ${node.peer.name}`);
  }
}

function describe({ deployment, stateEpoch }: Provenance): string {
  return `deployment ${deployment.slice(0, 8)} in state epoch ${stateEpoch?.slice(0, 8) ?? 'none'}`;
}
