/** Simulated nodes: what a crash, a freeze, an empty disk and a busy source do to them. */
import { expect, test } from 'vitest';
import type { ModuleName } from '../../src/model/names.ts';
import { Cluster } from '../../src/sim/world/cluster.ts';
import { shippedCode } from '../../src/sim/world/codes.ts';
import type { SimNode } from '../../src/sim/node/node.ts';
import { deploy, settle } from '../../src/sim/scenarios/scenario.ts';

const registry = 'registry' as ModuleName;
const order = (version: string) => ({ module: registry, code: shippedCode('registry', version), settings: { entries: { version } } });

async function settled(options: { seed?: number; nodes?: number } = {}): Promise<{ cluster: Cluster; first: SimNode; last: SimNode }> {
  const cluster = new Cluster({ seed: 1, nodes: 4, ...options });
  cluster.install(order('1'));
  cluster.introduce();
  await settle(cluster);
  return { cluster, first: cluster.nodes[0] as SimNode, last: cluster.nodes.at(-1) as SimNode };
}

function shown(node: SimNode): unknown {
  return node.hosts.find(({ module }) => module === registry)?.host.inspect();
}

test('a node that restarts resumes its deployment and its state, with a higher incarnation', async () => {
  const { cluster, last } = await settled();
  await cluster.advance(10_000);
  const before = [last.disk.incarnation, shown(last)];
  last.crash();
  expect([last.up, last.records, last.running.size]).toEqual([false, [], 0]);
  last.start();
  await cluster.until('it runs again', () => last.running.has(registry), 5_000);
  expect([last.disk.incarnation, shown(last)]).toEqual([2, before[1]]);
});

test('a crash right after an injection leaves the record either acknowledged and durable or neither', async () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const { cluster, first } = await settled({ seed });
    const record = cluster.operator.sign(order('2'), { sequence: 2, time: 1, origin: first.peer.id });
    let acknowledged = false;
    first.inject(record, () => (acknowledged = true));
    await cluster.advance(cluster.random.between(0, 20));
    first.crash();
    const durable = first.disk.records.some(({ hash }) => hash === record.hash);
    expect(durable || !acknowledged, `seed ${seed}`).toBe(true);
  }
});

test('a frozen node answers nothing, and catches up when it thaws', async () => {
  const { cluster, first, last } = await settled();
  last.freeze();
  const record = await deploy(cluster, order('2'), first);
  await cluster.advance(20_000);
  expect(last.records).not.toContain(record);
  last.thaw();
  await cluster.until('all run the new deployment', () => cluster.progress.arrived, 10_000);
  expect(last.running.get(registry)?.record).toBe(record);
});

test('a node with an empty disk in the place of another gets configuration, code and state', async () => {
  const { cluster, last } = await settled();
  const fresh = cluster.replace(last);
  expect([fresh.disk.records, fresh.disk.codes.size, fresh.peer.address]).toEqual([[], 0, last.peer.address]);
  expect(fresh.peer.id).not.toBe(last.peer.id);
  fresh.start();
  await cluster.until('it runs what the others run', () => fresh.running.has(registry) && cluster.progress.arrived, 20_000);
  expect(shown(fresh)).toMatchObject({ keys: 1 });
});

test('two operators at once: one number for each, and everybody agrees on the order', async () => {
  const { cluster, first, last } = await settled();
  const acknowledged: string[] = [];
  cluster.deploy(order('2'), first, ({ hash }) => acknowledged.push(hash));
  cluster.deploy(order('3'), last, ({ hash }) => acknowledged.push(hash));
  await cluster.until('both are acknowledged everywhere', () => acknowledged.length === 2 && cluster.progress.arrived, 10_000);
  for (const hash of acknowledged) expect(cluster.progress.holders(hash as never)).toBe(cluster.nodes.length);
});

test('an instance that crashes starts again from its last checkpoint', async () => {
  const { cluster, last } = await settled();
  await cluster.advance(10_000);
  const before = shown(last);
  last.hosts[0]?.host.crash();
  await cluster.until('it is gone', () => !last.running.has(registry), 1_000);
  await cluster.until('it runs again', () => last.running.has(registry), 10_000);
  expect(shown(last)).toEqual(before);
});

test('a node that leaves is heard to leave by all others, once, and comes back by being started', async () => {
  const { cluster, last } = await settled();
  await cluster.advance(10_000);
  const heard: string[] = [];
  cluster.listen((happening) => {
    if (happening.type !== 'handled') return;
    for (const effect of happening.effects)
      if (effect.type === 'note' && effect.note.event === 'node-left' && effect.note.peer.id === last.peer.id)
        heard.push(happening.node.peer.name);
  });
  let isDown = false;
  last.stop(() => (isDown = true), { goodbye: true });
  await cluster.until('it is down, and all have heard it', () => isDown && heard.length === 3, 10_000);
  await cluster.advance(20_000);
  expect(new Set(heard).size).toBe(3);
  last.start();
  await cluster.until('it runs again, and holds what all hold', () => last.running.has(registry) && cluster.progress.equal, 10_000);
  expect(heard).toHaveLength(3);
});
