/** Attacks B18 and C12 from within: one admitted member lies to operators in every answer, and every command works and names it. */
import { expect, test } from 'vitest';
import type { PeerResponse } from '../../src/core/transport/server/server.ts';
import type { ClusterStatus } from '../../src/operator/status/status.ts';
import { nodeStatus } from '../operator/paper-node.ts';
import { HostilePeer } from '../support/hostile-peer.ts';
import { until } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';

const json = (value: unknown): PeerResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify(value)),
});
const STEERING = '\u001b[2J\u202e\n 5 of 5 nodes reachable, converged';
/** Nobody listens there; as many as one status may list. */
const NOBODIES = Array.from({ length: 4_096 }, (_, number) => ({
  id: `f${number.toString(16).padStart(63, '0')}`,
  name: number === 0 ? 'nobody' : '',
  address: '127.0.0.1:1',
  failures: 0,
  proven: true,
}));

test('a member that shows a bad record, 4,096 false peers and hostile text disables no command', async () => {
  await withLab({ nodes: 2, rendezvous: 1 }, async (lab) => {
    await lab.ask('deploy', '--module', 'registry', '--wait');
    const liar = await HostilePeer.join((await lab.ask<{ token: string }>('cluster', 'join-token')).token, 'liar');
    const { cluster } = await lab.status();
    const stranger = await HostilePeer.join((await lab.ask<{ token: string }>('cluster', 'join-token')).token, 'stranger');
    stranger.lies = { hello: () => json({ admission: liar.admission, name: 'stranger', address: null }) };
    const peers = [{ ...NOBODIES[0], ...stranger.peer, address: stranger.peer.address }, ...NOBODIES.slice(1)];
    liar.lies = {
      status: () => json({ ...nodeStatus(liar.peer, [], { isolation: STEERING, version: `half \ud83d` }), cluster, digest: 'own', peers }),
      configuration: () => json({ root: null, records: [{ envelope: { payload: STEERING, payloadType: '', signatures: [] } }] }),
    };
    stranger.lies.configuration = () => json({ root: null, records: [] });
    stranger.lies.status = () => json({ ...nodeStatus(stranger.peer, []), cluster });
    await until('the liar is known', async () => {
      await liar.tell(lab.node('rendezvous1'), []);
      return (await lab.status()).nodes.some(({ name, reachable }) => name === 'liar' && reachable);
    });

    const { code, stdout } = await lab.run('status');
    expect([code, stdout]).toEqual([0, expect.stringContaining('liar (')]);
    for (const forged of ['\u001b', '\u202e', '\n 5 of 5']) expect(stdout).not.toContain(forged);
    const status = await lab.ask<ClusterStatus>('status');
    expect(status.disbelieved).toMatchObject([{ name: 'liar', id: liar.peer.id }]);
    expect(status.newest['registry']).toMatchObject({ deployment: 'd1' });
    expect(status.hearsay.unasked.count).toBeGreaterThan(4_000);
    expect(JSON.stringify(status).isWellFormed()).toBe(true);

    expect(await lab.ask('history')).toMatchObject([{ deployment: 'd1' }]);
    expect((await lab.run('history')).stderr).toContain('liar (');
    expect(await lab.ask('config', 'show')).toMatchObject([{ deployment: 'd1' }]);
    // Its own word is not enough to be sent anything: neither to the stranger that it names, nor to itself in the end.
    const sent = await lab.run<{ error: { code: string } }>('deploy', '--module', 'aggregate', '--to', 'stranger', '--json');
    expect([sent.code, sent.json.error.code]).toEqual([6, 'GOSSIP_E_IDENTITY']);
    expect(stranger.count('deployment', 'put-blob')).toBe(0);
    expect(await lab.ask('rollback', 'd1', '--to', 'rendezvous1')).toMatchObject({ deployment: 'd2', disbelieved: [{ name: 'liar' }] });
    await until('the honest nodes run it', async () => {
      const { nodes } = await lab.status();
      return nodes.filter(({ modules }) => modules.some(({ name, deployment }) => name === 'registry' && deployment === 'd2')).length === 2;
    });
    // The liar never says that it runs anything: the honest nodes do, and the wait says who does not.
    const waited = await lab.run<{ converged: { nodes: number; stragglers: { name: string }[] } }>(
      'rollout',
      'd2',
      '--timeout',
      '8s',
      '--json',
    );
    const stragglers = waited.json.converged.stragglers.map(({ name }) => name);
    expect([waited.code, waited.json.converged.nodes, stragglers]).toEqual([4, 2, expect.arrayContaining(['liar'])]);
  });
}, 120_000);
