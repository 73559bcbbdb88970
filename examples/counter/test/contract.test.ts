/** What gossip asks of every module: hand-over, hostile messages, loss. */
import { describe, test } from 'node:test';
import { contractSuite } from 'gossip/sdk/contract';
import Counter from '../src/index.ts';

describe('counter keeps the contract', () => {
  const refusedStates = ['{"version":2,"slots":{}}', '{"version":1,"slots":{"me":1}}', '{"version":1}'];
  for (const check of contractSuite(Counter, { refusedStates })) test(check.name, () => check.run());
});
