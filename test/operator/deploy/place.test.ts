/** Where a command is about to change something, and of how many nodes that is. */
import { expect, it } from 'vitest';
import { placeOf, placeText } from '../../../src/operator/deploy/place.ts';
import { peer } from '../../support/records.ts';
import { nodeStatus, rendezvous, root } from '../paper-node.ts';

it('does not count who has said goodbye, nor who was only told of', async () => {
  const [entrance] = rendezvous;
  if (entrance === undefined) throw new Error('there is one');
  const peers = [
    { ...peer(2), failures: 0, proven: true },
    { ...peer(3), failures: 0, proven: true, left: 'bye' },
    { ...peer(4), failures: 0, proven: false, heard: { agoMs: 1, digest: '' } },
    { ...peer(5), failures: 0, proven: false },
  ];
  const status = () => Promise.resolve(nodeStatus(entrance, [], { peers }));
  const cluster = { name: 'prod', directory: '/nowhere/prod', root, identity: null as never, admission: null, nodes: [] };
  const place = await placeOf(cluster, { status }, entrance);
  expect([place.nodes, placeText(place)]).toEqual([3, expect.stringMatching(/^Cluster 'prod' \(.{12}\); rendezvous1 knows 3 nodes$/)]);
});
