/** What gossip asks of every module, and that this version follows on the one before. */
import { describe, test } from 'node:test';
import { contractSuite } from 'gossip/sdk/contract';
import FeatureFlags from '../src/index.ts';
import Previous from './version-1.ts';

describe('feature-flags keeps the contract', () => {
  const checks = contractSuite(FeatureFlags, {
    settings: { flags: { 'new-checkout': 25, 'dark-mode': true } },
    refusedStates: ['{"version":3,"reports":{}}', '{"version":2,"reports":{"me":{}}}', '{"version":1,"reports":[]}'],
    previous: Previous,
    // Version 1 does not read version 2. What is lost by `rollback --scrub` is back within a few rounds, so that is well enough here.
    rollback: false,
  });
  for (const check of checks) test(check.name, () => check.run());
});
