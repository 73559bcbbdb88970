/** What gossip asks of every module, and that this version follows on the one before, and the one before on this. */
import { describe, test } from 'node:test';
import { contractSuite } from 'gossip/sdk/contract';
import SharedDocument from '../src/index.ts';
import Previous from './version-1.ts';

describe('shared-document keeps the contract', () => {
  const refusedStates = [new Uint8Array(0), Uint8Array.of(1, 2, 3), new TextEncoder().encode('{"version":1}')];
  for (const check of contractSuite(SharedDocument, { refusedStates, previous: Previous })) test(check.name, () => check.run());
});
