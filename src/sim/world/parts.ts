/** What a cluster is made of. A test can replace a part to show what the laws then find. */
import { GossipNode } from '../../gossip/node.ts';
import type { GossipNodeOptions } from '../../gossip/protocol.ts';
import { Disk } from '../node/disk.ts';
import { bytesOf } from './letters.ts';
import type { Letter, Reply, SimNetwork } from './letters.ts';
import type { Protocol } from '../node/node-run.ts';
import { Network } from './network.ts';
import type { Random } from '../../sdk/virtual/random.ts';
import type { Scheduler } from '../../sdk/virtual/scheduler.ts';

export interface Parts {
  readonly makeProtocol: (options: GossipNodeOptions) => Protocol;
  readonly makeNetwork: (scheduler: Scheduler, random: Random) => SimNetwork;
  readonly makeDisk: (random: Random, after: (delayMs: number, run: () => void) => void) => Disk;
}

export const REAL: Parts = {
  makeProtocol: (options) => new GossipNode(options),
  makeNetwork: (scheduler, random) => new Network<Letter, Reply>(scheduler, random, bytesOf),
  makeDisk: (random, after) => new Disk(random, after),
};
