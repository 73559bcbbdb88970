/** Fault 37: more requests and more connections at a node's door than it takes. Its own work goes on, and what it acknowledged is there. */
import { expect, test } from 'vitest';
import type { Module } from '../../src/client/index.ts';
import { until } from '../support/gossip.ts';
import { withCluster } from './cluster.ts';
import { Idler, moduleBeside, socketOf, Writer } from './door.ts';
import { findingsOf, ROW_MS } from './fault.ts';

/** Each has connections of its own, as many as the client library makes. */
const PROGRAMS = 5;
const WRITERS = 600;
/** Connections that say half of a head: more than the door takes, of all kinds together. */
const HALF_SAID = 1_400;
const ROUNDS = 3;
/** What a flood may be answered, beside its answers. */
const REFUSALS = ['GOSSIP_E_BUSY', 'GOSSIP_E_UNREACHABLE', 'GOSSIP_E_TIMEOUT'];

test('row 37: a flood at the door', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: 3, rendezvous: 1 }, async (cluster) => {
    const { lab } = cluster;
    await lab.ask('deploy', '--module', 'registry', '--wait');
    await lab.ask('deploy', '--module', 'membership', '--wait');
    await cluster.update();
    const programs = Array.from({ length: PROGRAMS }, () => moduleBeside(lab, 'node1', 'registry').module);
    const writers = Array.from({ length: WRITERS }, (_, at) => new Writer(`flood/${at}`));
    const writing = writers.map((writer, at) => writer.write(programs[at % PROGRAMS] as Module));
    findings.inject(WRITERS);
    await until('the flood is there', async () => writers.every(({ answered, failures }) => answered + failures.length > 0));
    const crowd = async (): Promise<void> => {
      const said = 'POST /v1/apps/registry/request HTTP/1.1\r\nhost: gos';
      await Promise.allSettled(Array.from({ length: HALF_SAID }, () => Idler.saying(socketOf(lab, 'node1'), said)));
      findings.inject(HALF_SAID);
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      await crowd();
      // It enters at the flooded node, and spreads from there.
      await cluster.update('node1');
    }
    await lab.untilInspected<{ members: { state: string }[] }>('membership', 'everybody is alive to everybody', (states) =>
      states.every(({ members }) => members.length === 3 && members.every(({ state }) => state === 'alive')),
    );
    for (const writer of writers) writer.isOn = false;
    await Promise.all(writing);
    expect(writers.flatMap(({ failures }) => failures).filter((code) => !REFUSALS.includes(code))).toEqual([]);
    // A failed write may have been carried out: what is there is what was acknowledged last, or newer.
    const behind: string[] = [];
    for (const { key, newest } of writers) {
      const { value } = (await (programs[0] as Module).request({ op: 'get', key })) as { value?: number };
      if (newest > 0 && (value ?? 0) < newest) behind.push(`${key}: ${value} after ${newest}`);
    }
    expect(behind).toEqual([]);
    const answered = writers.reduce((sum, writer) => sum + writer.answered, 0);
    const refused = writers.reduce((sum, { failures }) => sum + failures.length, 0);
    findings.outcome(
      `${answered} answered, ${refused} refused, all that was acknowledged is there; deployments went on through the node, nobody was held for dead`,
    );
  });
});
