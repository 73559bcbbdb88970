/** Attack B18: one member shows operators a configuration that does not verify. */
import { beforeEach, describe, expect, test } from 'vitest';
import { statusSummary } from '../../src/operator/render/status-table.ts';
import { Records } from '../../src/operator/records.ts';
import { survey } from '../../src/operator/survey.ts';
import { viewOf } from '../../src/operator/status.ts';
import type { OperatorCluster } from '../../src/operator/clusters.ts';
import { peer, record } from '../support/records.ts';
import { operatorKey, PaperDoor, rendezvous, root } from '../operator/paper-node.ts';
import { signDeployment, verifyDeployment } from '../../src/trust/deployment.ts';

const cluster = { name: 'paper', root, nodes: [peer(3, 'liar'), peer(4, 'node4')] } as unknown as OperatorCluster;
const { deployment } = record(1);
const d1 = verifyDeployment(signDeployment({ ...deployment, cluster: root.cluster, epoch: 1 }, [operatorKey]), root);
const forged = { ...d1.envelope, payload: Buffer.from('{}').toString('base64') };

let door: PaperDoor;
/** The liar claims the digest that all have, and is asked before the others of it. */
beforeEach(() => {
  door = new PaperDoor();
  for (const node of [...rendezvous, ...cluster.nodes]) door.add(node).records.push(d1);
  door.shows.set(peer(3).id, [d1.envelope, forged]);
});

describe('attack B18: a record that does not verify', () => {
  test.each([
    ['of a digest of its own', 'another'],
    ['of the digest that all have', undefined],
  ])('%s is left out, its node is named, and all that others know is known', async (_, digest) => {
    const liar = door.nodes.get(peer(3).id);
    if (liar && digest !== undefined) liar.status = { digest, highestSequence: 1_000_000 };
    const first = {
      ...cluster,
      root: { ...root, root: { ...root.root, rendezvous: [peer(3, 'liar'), ...rendezvous] } },
    } as OperatorCluster;
    const seen = await survey(first, door);
    expect(seen.records.all.map(({ hash }) => hash)).toEqual([d1.hash]);
    expect(seen.disbelieved).toEqual([
      { id: peer(3).id, name: 'liar', address: peer(3).address, why: { code: 'GOSSIP_E_SIGNATURE', message: expect.any(String) } },
    ]);
    const view = viewOf(cluster, seen);
    expect(view.disbelieved).toEqual(seen.disbelieved);
    expect(statusSummary(view)[2]).toMatch(/^liar \(10\.0\.0\.3:7946\) shows a configuration that does not verify, and was left out: /);
  });

  test('where all answers are verified together, it takes them all away and names nobody', async () => {
    const answers = await Promise.all([...door.nodes.values()].map(({ node }) => door.configuration(node)));
    expect(() => Records.verified(answers.flat(), root, new Map())).toThrow(expect.objectContaining({ code: 'GOSSIP_E_SIGNATURE' }));
  });
});
