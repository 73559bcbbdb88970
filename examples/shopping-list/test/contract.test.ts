/** What gossip asks of every module: hand-over, hostile messages, loss. */
import { describe, test } from 'node:test';
import { contractSuite } from 'gossip/sdk/contract';
import ShoppingList from '../src/index.ts';

describe('shopping-list keeps the contract', () => {
  const refusedStates = ['{"version":2,"items":{}}', '{"version":1,"items":{"seen":[["me",1]],"entries":[]}}', '{"version":1}'];
  for (const check of contractSuite(ShoppingList, { refusedStates })) test(check.name, () => check.run());
});
