/** What gossip asks of every module, in whatever language: hand-over, hostile messages, loss. */
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { contractSuite } from 'gossip/sdk/contract';
import { wasmModule } from 'gossip/sdk/wasm';

const Counter = wasmModule(readFileSync(new URL('../dist/main.wasm', import.meta.url)));

describe('wasm-counter keeps the contract', () => {
  const refusedStates = [
    '{"version":2,"slots":{}}',
    '{"version":1,"slots":{"me":1}}',
    '{"version":1}',
    '{"version":1,"slots":{}} '.repeat(2),
  ];
  for (const check of contractSuite(Counter, { refusedStates, previous: Counter })) test(check.name, () => check.run());
});
