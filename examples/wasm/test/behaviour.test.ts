/** What this module is for, on a network in memory: virtual time, one seed, no waiting. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TestNetwork } from 'gossip/sdk/contract';
import type { TestNode } from 'gossip/sdk/contract';
import { wasmModule } from 'gossip/sdk/wasm';

const Counter = wasmModule(readFileSync(new URL('../dist/main.wasm', import.meta.url)));
/** It counts a round of its own at the start of each, so seldom that none falls into a test. */
const QUIET = { settings: { intervalMs: 600_000 } };

const total = ({ module }: TestNode): number => (module.inspect() as { total: number }).total;

test('all nodes count the same, although messages are lost', async () => {
  const network = new TestNetwork({ seed: 1, loss: 0.2 });
  for (let count = 0; count < 10; count++) await (await network.add(Counter)).request({ add: 2 ** count });
  await network.advance(60_000);
  const slots = ({ module }: TestNode): Record<string, number> =>
    (JSON.parse(module.transferState()) as { slots: Record<string, number> }).slots;
  for (const node of network.nodes) {
    assert.equal(Object.keys(slots(node)).length, 10);
    assert.ok(total(node) >= 1_023);
  }
});

test('an update counts on, and programs read and add', async () => {
  const network = new TestNetwork({ seed: 2 });
  const node = await network.add(Counter, QUIET);
  assert.deepEqual(await node.request({ add: 3 }), { total: 3, instances: 1 });
  await node.update(Counter, { deployment: 'd2', ...QUIET });
  assert.deepEqual(await node.request({ add: 4 }), { total: 7, instances: 2 });
  assert.deepEqual(await node.request({}), { total: 7, instances: 2 });
});

test('what is no request is refused', async () => {
  const network = new TestNetwork({ seed: 3 });
  const node = await network.add(Counter, QUIET);
  for (const wrong of [null, 'add', { add: -1 }, { add: 1.5 }, { add: 1e21 }, { add: 1, more: 1 }, [], { sub: 1 }]) {
    await assert.rejects(node.request(wrong), /ask \{"add": AMOUNT\}/);
  }
  assert.equal(total(node), 0);
});
