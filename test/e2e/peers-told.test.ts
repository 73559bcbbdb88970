/** A program beside a node hears how that finds its peers, by the names that `gossip monitor` has. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../../src/client/index.ts';
import type { NodeEvent, PeerChange } from '../../src/client/index.ts';
import { until } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';

test('peers that fail, are back, leave, and come back are told', { timeout: 240_000 }, async () => {
  await withLab({ nodes: 3, rendezvous: 1, intervalMs: 150 }, async (lab) => {
    await lab.ask('deploy', '--module', 'membership', '--wait');
    const gossip = connect({ socket: join(lab.node('node1').directory, 'app.sock') });
    const told: NodeEvent[] = [];
    const stop = new AbortController();
    onTestFinished(() => (stop.abort(), gossip.close()));
    const reading = (async () => {
      for await (const event of gossip.events({ signal: stop.signal })) if (event.type === 'event') told.push(event.data);
    })();
    reading.catch((error: unknown) => told.push({ event: 'alarm', code: 'ended', message: String(error) }));
    const { id, address } = lab.node('node2');
    const peer = { id, name: 'node2', address };
    const heard = (change: PeerChange): Promise<NodeEvent> =>
      until(`it tells ${change}; it told ${JSON.stringify(told)}`, async () =>
        told.find((one) => one.event === change && 'peer' in one && one.peer.id === id),
      );
    await until('all speak with each other', async () => {
      const { nodes } = await lab.ask<{ nodes: { view: string[] }[] }>('status');
      return nodes.every(({ view }) => view.length === 2);
    });
    await lab.kill('node2');
    expect(await heard('peer-silent')).toMatchObject({ peer, silentMs: expect.any(Number) });
    await lab.start('node2');
    expect(await heard('peer-back')).toEqual({ event: 'peer-back', peer });
    // Its module is there again, and has a state to keep: else the command ends with 1.
    await lab.converged();
    await lab.ask('node', 'leave', '--data', lab.node('node2').directory);
    expect(await heard('node-left')).toEqual({ event: 'node-left', peer });
    await lab.start('node2');
    expect(await heard('node-back')).toEqual({ event: 'node-back', peer });
  });
});
