/** The modules that the code of a deployment uses: never itself, and better deployed than not. */
import { GossipError } from '../../model/errors.ts';
import type { ModuleName } from '../../model/names.ts';
import type { Records } from '../status/records.ts';
import type { DirectoryCode } from './code-source.ts';

/** What the operator is told of modules that are not there; which may come later. Refuses a name under which the code would use itself. */
export function usedRemarks({ moduleJson }: DirectoryCode, module: ModuleName, known: Pick<Records, 'newest'>): string[] {
  const { uses } = moduleJson;
  if (uses.includes(module)) {
    throw new GossipError('GOSSIP_E_MODULE_JSON', `module.json: 'uses' names '${module}', and as '${module}' the module would use itself`, {
      advice: 'Deploy it under another name.',
    });
  }
  const missing = uses.filter((name) => (known.newest(name)?.deployment.code ?? null) === null);
  return missing.map((name) => `It uses '${name}', which is not deployed: what it asks there fails until it is.`);
}
