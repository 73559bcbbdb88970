/** Laws 1, 3, 5 and 6 under deployments, scrubs, partitions, crashes and sleep, from a seed each; and law 3 without its checks. */
import { describe, expect, test } from 'vitest';
import { CHECKS } from '../../src/gossip/checks.ts';
import type { Checks } from '../../src/gossip/checks.ts';
import { compareDeployments } from '../../src/model/deployment.ts';
import type { VerifiedDeployment } from '../../src/model/deployment.ts';
import type { ModuleName } from '../../src/model/names.ts';
import { Network } from '../support/network.ts';
import type { TestNode } from '../support/network.ts';
import { code, peer, record } from '../support/records.ts';

const MODULE = 'membership' as ModuleName;
const SEEDS = Array.from({ length: 40 }, (_, index) => index + 1);
const LABELS = ['good', 'good', 'good', 'crashing', 'rejecting', 'broken', 'stateless', 'throwing'];

class Story {
  readonly network: Network;
  readonly acknowledged: { node: TestNode; record: VerifiedDeployment }[] = [];
  readonly contaminated: string[] = [];

  constructor(seed: number, checks: Checks = CHECKS) {
    const peers = Array.from({ length: 6 }, (_, index) => peer(index + 1));
    this.network = new Network({ seed, checks, rendezvous: peers.slice(0, 2) });
    for (const known of peers) this.network.add(known);
    for (const node of this.#nodes) node.start(peers);
  }

  get #nodes(): TestNode[] {
    return [...this.network.nodes.values()];
  }

  get alive(): TestNode[] {
    return this.#nodes.filter(({ gossip }) => gossip !== null);
  }

  /** One chance event, then a round of the modules' gossip. */
  step(): void {
    const { random } = this.network;
    const node = this.#pick(this.#nodes);
    const chance = random();
    if (chance < 0.2) this.#deploy(node);
    else if (chance < 0.3) node.crash();
    else if (chance < 0.5 && node.gossip === null) node.start();
    else if (chance < 0.6) node.cutFrom.add(this.#pick(this.#nodes).peer.name);
    else if (chance < 0.8) node.cutFrom.clear();
    else if (chance < 0.85) node.crashInstance(MODULE);
    this.round();
  }

  round(): void {
    for (const node of this.alive) {
      const [to] = node.gossip?.peers().near ?? [];
      if (to !== undefined) node.exchange(MODULE, to);
    }
    for (let part = 0; part < 10; part += 1) {
      this.network.run(100);
      this.#watch();
    }
  }

  /** Everybody is awake and connected, and the newest deployment is a good one, which does without a state that nobody gives. */
  heal(): void {
    for (const node of this.#nodes) {
      node.cutFrom.clear();
      if (node.gossip === null) node.start();
    }
    this.network.node('node1').inject(record(1_000, { code: code('healing'), scrub: true }));
    for (let rounds = 0; rounds < 60; rounds += 1) this.round();
  }

  #deploy(node: TestNode): void {
    if (node.gossip === null) return;
    const { random } = this.network;
    const label = this.#pick(LABELS);
    const made = record(node.gossip.highestSequence() + 1, {
      scrub: random() < 0.3,
      time: Math.floor(random() * 3),
      origin: node.peer.id,
      code: random() < 0.05 ? null : code(`${label}${Math.floor(random() * 4)}`),
    });
    node.inject(made);
    if (node.injected.at(-1) === 'applied') this.acknowledged.push({ node, record: made });
  }

  /** Every word of an instance's state was born in the state epoch that the instance belongs to. */
  #watch(): void {
    for (const node of this.alive) {
      const view = node.view(MODULE);
      const instance = node.running(MODULE)?.instance;
      if (instance === undefined || view === undefined) continue;
      const epoch = node.gossip?.records().find(({ hash }) => hash === view.stateEpoch);
      const suffix = epoch === undefined ? undefined : `d${epoch.deployment.number.sequence}`;
      for (const word of instance.words)
        if (word.split('/')[1] !== suffix) this.contaminated.push(`${node.peer.name} of ${suffix}: ${word}`);
    }
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.network.random() * from.length)] as T;
  }
}

function play(seed: number, checks?: Checks): Story {
  const story = new Story(seed, checks);
  for (let step = 0; step < 40; step += 1) story.step();
  story.heal();
  return story;
}

describe.each(SEEDS)('seed %i', (seed) => {
  const story = play(seed);
  const nodes = [...story.network.nodes.values()];

  test('law 1: no node ever runs a lower deployment than before', () => {
    for (const { activated } of nodes) {
      for (const [place, next] of activated.slice(1).entries()) {
        expect(compareDeployments(next, activated[place] as VerifiedDeployment)).toBeGreaterThanOrEqual(0);
      }
    }
  });

  test('law 3: no state of another epoch reaches an instance', () => {
    expect(story.contaminated).toEqual([]);
  });

  test('law 5: what was acknowledged is known everywhere', () => {
    for (const { record: made } of story.acknowledged) {
      for (const { disk } of nodes) expect(disk.records.map(({ hash }) => hash)).toContain(made.hash);
    }
  });

  test('law 6: everyone ends equal, and runs the newest', () => {
    expect(new Set(nodes.map(({ gossip }) => gossip?.view(story.network.now).digest)).size).toBe(1);
    expect(nodes.map((node) => [node.view(MODULE)?.state, node.running(MODULE)?.instance.record.deployment.number.sequence])).toEqual(
      nodes.map(() => ['running', 1_000]),
    );
  });
});

describe('law 3 needs both of its checks', () => {
  const contaminates = (checks: Checks): boolean => SEEDS.some((seed) => play(seed, checks).contaminated.length > 0);

  test('without the comparison of stamps, old state spreads', () => {
    expect(contaminates({ ...CHECKS, mediate: () => 'deliver' })).toBe(true);
  });

  test('without the comparison of state epochs, an instance is given old state', () => {
    expect(contaminates({ ...CHECKS, sameStateEpoch: () => true })).toBe(true);
  });
});
