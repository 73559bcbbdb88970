/** The root changes: keys are exchanged, and a stolen one is ended by a new trust epoch. */
import type { Cluster } from '../world/cluster.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import type { SimNode } from '../node/node.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { ModuleName } from '../../model/names.ts';
import { forgedNumbers, mix, oldRecords } from '../byzantine/lies.ts';
import { pause, restart, some } from '../faults/faults.ts';
import { corrupt } from '../faults/nodes.ts';
import { shippedCode } from '../world/codes.ts';
import { insist } from '../world/insist.ts';
import type { Order } from '../world/operator.ts';
import { BEGINNING_MS } from '../../sdk/virtual/scheduler.ts';
import { converge, deploy } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { allUp, anyNode, GOAL, order, rendezvous, veteran } from './setting.ts';

/** Versions that a sleeper misses: more than go into one message. */
const MISSED = 80;

async function rotated(cluster: Cluster, at: SimNode, raise = false): Promise<TrustedRoot> {
  let isDone = false;
  const root = cluster.rotate(at, { raise, done: () => (isDone = true) });
  await cluster.until('the root is durable where it was told', () => isDone, 30 * cluster.intervalMs);
  return root;
}

/** Until every node that is up holds the root. */
async function everywhere(cluster: Cluster, { root: { version } }: TrustedRoot, rounds: number): Promise<void> {
  const holds = (): boolean => cluster.up.every((node) => node.root?.root.version === version);
  await cluster.until(`every node holds root ${version}`, holds, rounds * cluster.intervalMs);
}

export const rotating: Scenario = {
  name: 'rotating',
  row: null,
  about: 'the root is changed 80 times while nodes sleep; who wakes replays every step, and what a new key signed comes after it',
  goal: GOAL.rough,
  play: async (cluster) => {
    await veteran(cluster);
    const sleepers = some(cluster, cluster.otherNodes, 0.2);
    const [down, frozen] = [sleepers.slice(0, sleepers.length / 2), sleepers.slice(sleepers.length / 2)];
    for (const node of down) node.crash();
    pause(cluster, frozen, 25 * cluster.intervalMs);
    const at = rendezvous(cluster);
    for (let version = 1; version < MISSED; version += 1) cluster.operator.rotate();
    await rotated(cluster, at);
    const last = await deploy(cluster, order('registry', '2'), at);
    await cluster.until('the frozen nodes wake', () => frozen.every((node) => !node.frozen), 30 * cluster.intervalMs);
    for (const node of down) node.start();
    const rounds = await converge(cluster, GOAL.rough(cluster.size), [last]);
    await everywhere(cluster, cluster.operator.root, GOAL.rough(cluster.size));
    return rounds;
  },
};

/** Records that the thief signs, before and after. */
const STOLEN = 200;
/** Until what the operator wants has taken the place of all that the thief deployed: code is fetched, and what failed pauses. */
const THIEF_GONE_ROUNDS = 60;
/** Modules that only the thief wants. */
const THIEVES = Array.from({ length: 20 }, (_, place) => `stolen-${place}` as ModuleName);

/** What a thief signs: scrubs, removals, other code and modules nobody asked for, with numbers far above the operator's. */
function theft(cluster: Cluster, place: number, wanted: readonly Order[]): Order {
  const { random } = cluster;
  const isWanted = place % 25 === 0;
  const module = isWanted ? (random.pick(wanted) as Order).module : (random.pick(THIEVES) as ModuleName);
  if (random.chance(0.2)) return { module, code: null };
  return { module, code: shippedCode('registry', `stolen ${place % 5}`), scrub: random.chance(0.2) };
}

export const recovering: Scenario = stolenKey(STOLEN);

/** The next root, with `raise` of the next trust epoch, and all that is wanted under it, told at one node until it has both. `done`: they are durable there. */
function recover(cluster: Cluster, wanted: readonly Order[], raise: boolean, done: (records: readonly VerifiedDeployment[]) => void): void {
  const { operator } = cluster;
  const at = rendezvous(cluster);
  const root = operator.rotate({ raise, modules: wanted.length });
  const time = BEGINNING_MS + Math.round(cluster.now);
  const records = wanted.map((each, place) => operator.sign(each, { sequence: place + 1, time, origin: at.peer.id }));
  insist(cluster, at, (isDone) => at.takeRoot(root, () => isDone(() => done(records)), records));
}

/** With so many records by the thief; without `raise` the key is only exchanged, which is not enough. */
export function stolenKey(stolen: number, raise = true): Scenario {
  return {
    name: 'recovering',
    row: null,
    about: `the deploy key is stolen: ${stolen} records by it come by injection and by gossip, before and after the operator recovers, while nodes crash and sleep`,
    goal: GOAL.rough,
    play: async (cluster) => {
      const { random, intervalMs, operator } = cluster;
      const wanted = [order('registry', '1'), order('membership', '1')];
      // By gossip it comes as from a node in the thief's hands.
      corrupt(cluster, 1 / cluster.size, () => mix(oldRecords, forgedNumbers));
      await veteran(cluster, ...wanted);
      const forge = operator.steal();
      const forged = Array.from({ length: stolen }, (_, place) => {
        const sequence = place < stolen / 2 ? 10 + place : 2 ** 24 - stolen + place;
        return forge(theft(cluster, place, wanted), { sequence, time: place, origin: anyNode(cluster).peer.id });
      });
      const inject = (records: readonly VerifiedDeployment[]): void => {
        for (const record of records) cluster.after(random.between(0, 5 * intervalMs), () => anyNode(cluster).inject(record, () => {}));
      };
      inject(forged.slice(0, stolen / 2));
      await cluster.advance(6 * intervalMs);
      const sleepers = some(cluster, cluster.otherNodes, 0.3);
      const [down, frozen] = [sleepers.slice(0, sleepers.length / 2), sleepers.slice(sleepers.length / 2)];
      for (const node of down) node.crash();
      pause(cluster, frozen, 15 * intervalMs);
      let records: readonly VerifiedDeployment[] | null = null;
      recover(cluster, wanted, raise, (issued) => (records = issued));
      inject(forged.slice(stolen / 2));
      await cluster.until('the recovery is durable where it was told', () => records !== null, 30 * intervalMs);
      restart(
        cluster,
        some(cluster, cluster.otherNodes, 0.2).filter((node) => node.up && !node.frozen),
        { inOrder: 0 },
      );
      await cluster.until('the frozen nodes wake', () => frozen.every((node) => !node.frozen), 30 * intervalMs);
      for (const node of down) node.start();
      await allUp(cluster);
      const isStolen = new Set(forged.map(({ hash }) => hash));
      const isClean = (node: SimNode): boolean => [...node.running.values()].every(({ record }) => !isStolen.has(record.hash));
      await cluster.until('nothing of the thief runs', () => cluster.up.every(isClean), THIEF_GONE_ROUNDS * intervalMs);
      const last = await deploy(cluster, order('registry', '2'), anyNode(cluster));
      const rounds = await converge(cluster, GOAL.rough(cluster.size), [...(records ?? []), last]);
      await everywhere(cluster, operator.root, GOAL.rough(cluster.size));
      return rounds;
    },
  };
}
