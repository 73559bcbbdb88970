/** Every shipped module keeps the contract that authors' modules are held to. */
import { describe, expect, it } from 'vitest';
import Aggregate from '../../src/modules/aggregate/index.ts';
import Membership from '../../src/modules/membership/index.ts';
import Registry from '../../src/modules/registry/index.ts';
import { contractSuite } from '../../src/sdk/contract.ts';

const SHIPPED = {
  membership: contractSuite(Membership, { refusedStates: ['{"version":3,"members":[]}', '{"version":2,"incarnation":1}'] }),
  registry: contractSuite(Registry, {
    settings: { entries: { colour: 'red', shape: { corners: 4 } }, deletions: ['sound'] },
    refusedStates: ['{"version":1,"entries":[]}', '{"version":2}'],
  }),
  aggregate: contractSuite(Aggregate, { refusedStates: ['{"version":1,"epoch":-1}', '{"version":2}'] }),
};

for (const [module, checks] of Object.entries(SHIPPED)) {
  describe(`${module} keeps the contract`, () => {
    it.each(checks)('$name', async (check) => {
      await expect(check.run()).resolves.toBeUndefined();
    });
  });
}
