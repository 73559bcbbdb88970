/** Law 2: no code starts that no operator signed. (What a signature covers byte by byte is for the tests of the real stores.) */
import { deploymentName } from '../../model/deployment.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { PayloadHash } from '../../model/names.ts';
import type { Happening } from './happening.ts';
import { LawBroken } from './law.ts';
import type { Law } from './law.ts';

export class OnlySigned implements Law {
  readonly name = '2 (only signed)';
  readonly #signed: ReadonlyMap<PayloadHash, VerifiedDeployment>;

  constructor(signed: ReadonlyMap<PayloadHash, VerifiedDeployment>) {
    this.#signed = signed;
  }

  observe(happening: Happening): void {
    if (happening.type !== 'instance-started') return;
    const { node, module, record, code } = happening;
    const signed = this.#signed.get(record.hash)?.deployment;
    const covered = signed?.module === module && signed.code?.hash === code;
    if (!covered) throw new LawBroken(this.name, `${node.peer.name} starts ${code} as ${deploymentName(record.deployment)} of ${module}`);
  }
}
