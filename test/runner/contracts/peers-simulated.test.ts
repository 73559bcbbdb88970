/** The simulator's way to peers: its network. */
import { Trust } from '../../../src/trust/trust.ts';
import type { Done } from '../../../src/runner/ports.ts';
import type { GossipAnswer } from '../../../src/gossip/messages.ts';
import { bytesOf } from '../../../src/sim/world/letters.ts';
import type { Letter, Reply, SimEndpoint, SimNetwork } from '../../../src/sim/world/letters.ts';
import { Network } from '../../../src/sim/world/network.ts';
import { Random } from '../../../src/sdk/virtual/random.ts';
import { Scheduler } from '../../../src/sdk/virtual/scheduler.ts';
import { SimulatedPeers } from '../../../src/sim/node/simulated-peers.ts';
import { peer, root } from '../../support/records.ts';
import { peersContract } from './peers.ts';

const DEADLINE_MS = 60_000;

peersContract(async () => {
  const scheduler = new Scheduler();
  const network: SimNetwork = new Network<Letter, Reply>(scheduler, new Random('peers'), bytesOf);
  const self = peer(1);
  let nodes = 1;
  const waysOf = (node: typeof self) => new SimulatedPeers({ self: node, network, trust: new Trust(root), enter: (run) => run() });
  const attach = (receive: SimEndpoint['receive']) => {
    nodes += 1;
    network.attach({ peer: peer(nodes), up: true, receive });
    return peer(nodes);
  };
  return {
    peers: waysOf(self),
    self,
    peer: async (ask) => {
      const ways = waysOf(peer(nodes + 1));
      return attach((from, letter, respond) => {
        if (letter.kind !== 'message') return;
        const put = (asked: Parameters<typeof ask>[1], done: Done<GossipAnswer>): void => ask(from, asked, done);
        ways.receive(letter.wire, put, (wire) => respond({ kind: 'message', wire }));
      });
    },
    answering: async (wire) => attach((_from, _letter, respond) => respond({ kind: 'message', wire })),
    gone: async () => {
      network.attach({ peer: peer(99), up: false, refuses: true, receive: () => {} });
      return peer(99);
    },
    until: async (holds) => {
      if (!(await scheduler.run(scheduler.now + DEADLINE_MS, holds))) throw new Error('it did not come to hold');
    },
  };
});
