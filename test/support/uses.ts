/** The way to other modules on a node that has none. */
import type { ModuleUses } from '../../src/core/hosting/uses-port.ts';
import { GossipError } from '../../src/model/errors.ts';

export const NOBODY_ELSE: ModuleUses = {
  preferring: (_module, choice) => choice,
  turn: () => Promise.resolve(),
  watch: (module) => {
    throw new GossipError('GOSSIP_E_MODULE_UNKNOWN', `no module '${module}' is deployed here`);
  },
};
