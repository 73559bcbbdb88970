/** Attack B14 against a real node: nobody but the TLS session says who sends, and a module says nothing to cores. */
import { expect, test } from 'vitest';
import { stampOf } from '../../src/gossip/stamp.ts';
import { moduleCode, words } from '../support/code.ts';
import { HostilePeer } from '../support/hostile-peer.ts';
import { LiveCluster } from '../support/live-cluster.ts';
import type { LiveNode } from '../support/live-cluster.ts';

/** Whom the module was told that a message came from, when its sender claims to be somebody else in every way there is. */
async function claimToBe(cluster: LiveCluster, victim: string): Promise<{ hostile: string; senders: readonly string[] | undefined }> {
  const [node] = cluster.nodes as [LiveNode];
  const record = await cluster.deploy(node, 1, { code: words() });
  await cluster.converge('d1');
  const hostile = await HostilePeer.join(cluster.token);
  const claims = ['gossip-id', 'gossip-from', 'gossip-node', 'from', 'x-forwarded-for', 'x-client-cert'];
  const headers = Object.fromEntries(claims.map((name) => [name, victim]));
  const { status } = await hostile.exchange(node.peer, 'words', stampOf(record, null), [], headers);
  expect(status).toBe(200);
  const shown = await node.inspect<{ senders: string[] }>();
  return { hostile: hostile.peer.id, senders: shown?.senders };
}

test('attack B14: headers cannot say who sends', async () => {
  const cluster = await LiveCluster.up({ names: ['rendezvous1'] });
  const { hostile, senders } = await claimToBe(cluster, cluster.node('rendezvous1').peer.id);
  expect(senders).toEqual([hostile]);
});

test('where a header is believed, attack B14 succeeds', async () => {
  const mutation = {
    in: 'Handlers.#sender',
    of: ['address', 'name'],
    is: "{ ...$, id: request.headers.get('gossip-id') ?? request.from }",
  };
  const cluster = await LiveCluster.up({ names: ['rendezvous1'], without: [mutation] });
  const victim = 'f'.repeat(64);
  expect((await claimToBe(cluster, victim)).senders).toEqual([victim]);
});

test('attack B14: an address claimed for somebody else is not believed of that other', async () => {
  const cluster = await LiveCluster.up({ names: ['rendezvous1', 'node1'] });
  const [node, victim] = cluster.nodes as [LiveNode, LiveNode];
  const at = async () => (await node.status()).peers.filter(({ address }) => address === victim.peer.address).map(({ id }) => id);
  await node.until('it knows the other', async () => (await at()).includes(victim.peer.id));
  const hostile = await HostilePeer.join(cluster.token);
  await hostile.say(node.peer, '/v1/configuration', {
    method: 'POST',
    headers: { 'gossip-address': victim.peer.address },
    body: { digest: 'A'.repeat(22), summary: null, records: [], peers: [] },
  });
  // The claim stands for the hostile id alone, whose key nobody shows at that address.
  expect((await at()).toSorted()).toEqual([hostile.peer.id, victim.peer.id].toSorted());
  await cluster.deploy(node, 1, { code: words() });
  await cluster.converge('d1');
});

/** Asks for an exchange with whoever it knows, and tries to say more than a body. */
const FORGER = `
export default class Forger {
  constructor(context) {
    this.context = context;
    this.outcomes = [];
  }
  start() {
    this.context.every(50, async () => {
      const [peer] = this.context.peers(1);
      if (!peer) return;
      const headers = { 'gossip-deployment': '1.1.1.forged', 'gossip-digest': 'forged', 'gossip-id': 'forged' };
      for (const to of [{ ...peer, headers, ...headers, path: '/v1/deployments', method: 'PUT' }, { ...peer, name: 'x\\r\\ngossip-id: forged' }]) {
        await this.context.exchange(to, { headers }).then(() => this.outcomes.push('answered'), () => this.outcomes.push('failed'));
      }
    });
  }
  receive() {
    return null;
  }
  transferState() {
    return '';
  }
  acceptState() {}
  inspect() {
    return this.outcomes;
  }
}
`;

test('attack B14: a module sets nothing but the body of an exchange', async () => {
  const cluster = await LiveCluster.up({ names: ['rendezvous1'] });
  const [node] = cluster.nodes as [LiveNode];
  const hostile = await HostilePeer.join(cluster.token);
  await hostile.tell(node.peer, []);
  await cluster.deploy(node, 1, { module: 'forger', code: moduleCode('forger', FORGER) });
  await node.until('its module has exchanged', async () => hostile.count('exchange') >= 4);
  const asked = hostile.heard.filter(({ route }) => route === 'exchange');
  const names = new Set(asked.flatMap(({ headers }) => [...headers.keys()]));
  expect([...names].toSorted()).toEqual(['connection', 'content-length', 'gossip-address', 'gossip-deployment', 'gossip-digest', 'host']);
  expect(asked.filter(({ headers }) => [...headers.values()].some((value) => value.includes('forged')))).toEqual([]);
  expect(new Set(asked.map(({ from, path }) => `${from} ${path}`))).toEqual(new Set([`${node.peer.id} /v1/modules/forger/exchange`]));
});
