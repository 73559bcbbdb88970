/** What a change of a module begins with. */
import type { VerifiedDeployment } from '../../model/deployment.ts';
import { GossipError } from '../../model/errors.ts';
import type { ModuleName } from '../../model/names.ts';
import type { Records } from '../status/records.ts';
import { requireModule } from '../status/survey.ts';

type Current = VerifiedDeployment & { readonly deployment: { readonly code: NonNullable<VerifiedDeployment['deployment']['code']> } };

/**
 * The newest deployment of a module that has code.
 * @throws GOSSIP_E_MODULE_UNKNOWN for one that was never deployed, GOSSIP_E_MODULE_ABSENT for one that was removed
 */
export function currentOf(known: Records, module: ModuleName): Current {
  requireModule(known, module);
  const newest = known.newest(module) as VerifiedDeployment;
  if (newest.deployment.code !== null) return newest as Current;
  throw new GossipError('GOSSIP_E_MODULE_ABSENT', `${known.name(newest)} removed ${module}: there is nothing to change`, {
    advice: `Deploy it anew, or bring it back with 'gossip rollback'.`,
  });
}
