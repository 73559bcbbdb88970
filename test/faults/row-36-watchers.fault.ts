/** Fault 36: one who watches a module is slow, another one never reads. They lose events, and the slow one is told so; nobody else notices. */
import { expect, test } from 'vitest';
import { until } from '../support/gossip.ts';
import { withCluster } from './cluster.ts';
import { attentive, connectionsAt, Idler, moduleBeside, socketOf, Writer } from './door.ts';
import { findingsOf, ROW_MS, WAIT_MS } from './fault.ts';

const WRITERS = 16;
/** The longest value of the registry, nearly: what a socket holds and what the node keeps is full after some hundred. */
const VALUE = 'x'.repeat(4_000);
const ENOUGH = 2_000;

test.skipIf(process.platform !== 'linux')('row 36: watchers that are slow, or never read', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: 3, rendezvous: 1 }, async (cluster) => {
    const { lab } = cluster;
    await lab.ask('deploy', '--module', 'registry', '--wait');
    const before = await cluster.update();
    const path = socketOf(lab, 'node1');
    const [slow, stuck] = [await Idler.watching(path, 'registry'), await Idler.watching(path, 'registry')];
    findings.inject(2);
    const { seen, breaks } = attentive(moduleBeside(lab, 'node1', 'registry').module);
    const { module, close } = moduleBeside(lab, 'node1', 'registry');

    const writers = Array.from({ length: WRITERS }, (_, at) => new Writer(`key${at}`));
    const writing = writers.map((writer) => writer.write(module, (number) => `${number}${VALUE}`));
    await until('far more was published than is kept', async () => writers.reduce((sum, { answered }) => sum + answered, 0) >= ENOUGH);
    // Through the node that they watch.
    expect(await cluster.update('node1')).not.toBe(before);
    for (const writer of writers) writer.isOn = false;
    await Promise.all(writing);
    expect(writers.flatMap(({ failures }) => failures)).toEqual([]);
    close();

    slow.read();
    await until('the slow one hears what it lost', async () => slow.events.some(({ name }) => name === 'lost'));
    const lost = slow.events.filter(({ name }) => name === 'lost').map(({ data }) => (JSON.parse(data) as { lost: number }).lost);
    expect(Math.min(...lost)).toBeGreaterThan(0);
    const after = moduleBeside(lab, 'node1', 'registry');
    await after.module.request({ op: 'set', key: 'last', value: 1 });
    after.close();
    await until(
      'both hear the newest',
      async () => slow.events.some(({ data }) => data.includes('"key":"last"')) && JSON.stringify(seen.at(-1)).includes('"key":"last"'),
    );
    await until('the one that never reads is gone, and only that', async () => connectionsAt(path) === 2, { deadlineMs: WAIT_MS });
    expect(breaks).toEqual([]);
    stuck.socket.destroy();
    await cluster.update('node1');
    findings.outcome('the slow one was told what it lost and went on; the other was disconnected; deployments went on through the node');
  });
});
