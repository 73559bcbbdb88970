/** What gossip asks of every module, and that this version follows on the one before, and the one before on this. */
import { describe, test } from 'node:test';
import { contractSuite } from 'gossip/sdk/contract';
import AutomergeNotes from '../src/index.ts';
import Previous from './version-1.ts';

describe('automerge-notes keeps the contract', () => {
  const refusedStates = [new Uint8Array(0), Uint8Array.of(1, 2, 3), new TextEncoder().encode('{"version":1}')];
  const checks = contractSuite(AutomergeNotes, {
    refusedStates,
    previous: Previous,
    // Automerge draws an actor before it takes the one that it is given.
    deterministic: 'outcome',
  });
  for (const check of checks) test(check.name, () => check.run());
});
