/** Fault 13: one admitted peer lies wherever it can: other code, forged numbers, false peers, records of long ago (attacks A1, A2, B1, B7). */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { formatStamp } from '../../src/gossip/stamp.ts';
import type { VerifiedDeployment } from '../../src/model/deployment.ts';
import type { HistoryEntry } from '../../src/operator/status/history.ts';
import { configuration, forgedDigest, forgedStamp, HostilePeer, json } from '../support/hostile-peer.ts';
import { withCluster } from './cluster.ts';
import type { FaultCluster } from './cluster.ts';
import { findingsOf, ROW_MS } from './fault.ts';
import type { Findings } from './fault.ts';
import { descents } from './journals.ts';
import { moduleOf } from './watcher.ts';

const NODES = 10;
const INTERVAL_MS = 200;
const DEPLOYMENTS = 5;
const FALSE_PEERS = 8;
const BETWEEN_LIES_MS = 2;
/** As for 20 % of such nodes. */
const GOAL_ROUNDS = 2 * Math.ceil(Math.log2(NODES)) + 5;

type Record = Pick<VerifiedDeployment, 'envelope'>;

test('row 13: a lying peer', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: NODES, rendezvous: 2, intervalMs: INTERVAL_MS }, async (cluster) => {
    const { lab, watcher, names } = cluster;
    await cluster.update();
    const liar = await HostilePeer.join((await lab.ask<{ token: string }>('cluster', 'join-token')).token, 'liar');
    const old = await recordsAt(cluster, liar);
    liar.lies = {
      'exchange-configuration': () =>
        json(200, { ...configuration({ fresh: 3, records: old.map(({ envelope }) => envelope) }), peers: falsePeers() }),
      exchange: () => json(409, { stamp: formatStamp(forgedStamp()), records: [] }, { 'gossip-digest': forgedDigest() }),
      bundle: () => json(200, { type: 'gossip/manifest/1', files: [] }),
      files: () => ({ status: 200, body: Buffer.alloc(1_024, 'x') }),
      blob: () => ({ status: 200, body: Buffer.alloc(1_024, 'x') }),
    };
    const rage = raging(cluster, liar, old, findings);
    const spreads = [];
    for (let count = 0; count < DEPLOYMENTS; count += 1) {
      const deployment = await cluster.deploy(cluster.nextNotebook(), names[count * 2]);
      // It tells everybody first, and so is the first to be asked for the code.
      const news = await recordsAt(cluster, liar);
      await Promise.all(lab.nodes.map((node) => liar.tell(node, news)));
      spreads.push(await cluster.spread(deployment));
    }
    await rage.stop();
    expect(liar.count('bundle', 'files', 'blob')).toBeGreaterThan(0);
    const [newest] = await lab.ask<HistoryEntry[]>('history');
    const running = await Promise.all(names.map(async (name) => moduleOf(await watcher.status(name), 'notebook')));
    expect(running.map((module) => [module?.deployment, module?.code])).toEqual(names.map(() => [newest?.deployment, newest?.code]));
    for (const name of names) expect({ name, descents: descents(await cluster.journal(name)) }).toEqual({ name, descents: [] });
    findings.outcome(
      `${DEPLOYMENTS} deployments arrived; ${liar.count('bundle', 'files', 'blob')} answers with other code, none was run; nothing went back`,
    );
    findings.figure(
      'known by all',
      spreads.map(({ knownMs }) => knownMs / INTERVAL_MS),
      { unit: 'rounds', goal: GOAL_ROUNDS },
    );
    findings.figure(
      'running on all',
      spreads.map(({ runningMs }) => runningMs),
    );
  });
});

/** All that a member may know. */
async function recordsAt({ lab }: FaultCluster, member: HostilePeer): Promise<readonly Record[]> {
  const { json: told } = await member.say(lab.node('rendezvous1'), '/v1/configuration');
  return (told as { records: readonly Record[] }).records;
}

/** Lies to everybody, one after the other, until told to stop. */
function raging({ lab }: FaultCluster, liar: HostilePeer, old: readonly Record[], findings: Findings): { stop(): Promise<void> } {
  const calm = new AbortController();
  const rage = async (): Promise<void> => {
    for (let told = 0; !calm.signal.aborted; told += 1) {
      const node = lab.nodes[told % lab.nodes.length];
      if (node === undefined) return;
      if (told % 2 === 0) await liar.exchange(node, 'notebook', forgedStamp(), []);
      else await liar.tell(node, old);
      findings.inject();
      await pause(BETWEEN_LIES_MS);
    }
  };
  const raged = rage();
  return { stop: () => (calm.abort(), raged) };
}

/** Peers at addresses of this machine where nobody listens. */
function falsePeers(): object[] {
  return Array.from({ length: FALSE_PEERS }, () => {
    const [a = 0, b = 0] = crypto.getRandomValues(new Uint8Array(2));
    const id = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex');
    return { id, name: '', address: `127.77.${a}.${1 + (b % 254)}:7946` };
  });
}
