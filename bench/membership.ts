/**
 * How soon all members know what happened to one of them, and what that costs: `node bench/membership.ts 10,100 50 kill,silent,join,idle`.
 * Virtual time on a `TestNetwork` at rounds of one second; each figure is over so many seeds.
 */
import Membership from '../src/modules/membership/index.ts';
import type { Peer } from '../src/sdk/index.ts';
import { TestNetwork } from '../src/sdk/test-context.ts';
import type { TestNode } from '../src/sdk/test-node.ts';

const [sizes = '10,100', seeds = '50', kinds = 'kill,silent,join,leave,idle', loss = '0'] = process.argv.slice(2);
const STEP_MS = 20;
const DEADLINE_MS = 600_000;
const IDLE_MS = 30_000;
/** Rounds before anything happens: everybody is warm. */
const WARM_MS = 20_000;

interface Shown extends Peer {
  readonly state: string;
}

function stateOf(observer: TestNode, member: TestNode): string | undefined {
  const { members } = observer.module.inspect() as unknown as { members: Shown[] };
  return members.find(({ id }) => id === member.peer.id)?.state;
}

/** A cluster that has known itself for long. */
async function cluster(count: number, seed: number): Promise<TestNetwork> {
  const network = new TestNetwork({ seed, loss: Number(loss) });
  const drafts = new TestNetwork({ seed });
  const peers: Peer[] = [];
  for (let made = 0; made < count; made++) peers.push((await drafts.add(Membership)).peer);
  drafts.nodes.forEach((node) => node.crash());
  for (const self of peers) {
    const members = peers
      .filter(({ id }) => id !== self.id)
      .map((peer) => ({ ...peer, incarnation: 1, state: 'alive', since: 0, proven: true }));
    await network.add(Membership, { state: JSON.stringify({ version: 2, incarnation: 0, members }) });
  }
  await network.advance(WARM_MS);
  return network;
}

/** How long until every observer sees the member so. Each is asked until it does, and then no more. */
async function known(network: TestNetwork, observers: readonly TestNode[], member: TestNode, state: string): Promise<number> {
  const left = [...observers];
  return network.until(
    `all see ${state}`,
    () => {
      while (left.length > 0 && stateOf(left[0] as TestNode, member) === state) left.shift();
      return left.length === 0;
    },
    { deadlineMs: DEADLINE_MS, stepMs: STEP_MS },
  );
}

interface Figures {
  readonly ms: number;
  readonly messages: number;
  readonly bytes: number;
}

async function play(kind: string, count: number, seed: number): Promise<Figures> {
  const network = await cluster(count, seed);
  let messages = 0;
  let bytes = 0;
  network.onExchange = ({ request, answer }) => {
    messages++;
    bytes += JSON.stringify(request).length + JSON.stringify(answer).length;
  };
  const [member, ...others] = network.nodes as [TestNode, ...TestNode[]];
  const begin = network.now;
  let ms = 0;
  if (kind === 'kill') {
    member.crash();
    ms = await known(network, others, member, 'dead');
  } else if (kind === 'silent') {
    member.freeze();
    ms = await known(network, others, member, 'dead');
  } else if (kind === 'leave') {
    const leaving = member.stop();
    ms = await known(network, others, member, 'left');
    await leaving;
  } else if (kind === 'join') {
    const older = [...network.nodes];
    ms = await known(network, older, await network.add(Membership), 'alive');
  } else await network.advance(IDLE_MS);
  const rounds = Math.max(1, (network.now - begin) / 1_000);
  for (const node of network.nodes) if (node.alive) node.crash();
  return { ms, messages: messages / count / rounds, bytes: bytes / count / rounds };
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

for (const count of sizes.split(',').map(Number)) {
  for (const kind of kinds.split(',')) {
    const figures: Figures[] = [];
    for (let seed = 1; seed <= Number(seeds); seed++) figures.push(await play(kind, count, seed));
    const times = figures.map(({ ms }) => ms);
    const messages = middle(figures.map((one) => one.messages)).toFixed(2);
    const bytes = Math.round(middle(figures.map((one) => one.bytes)));
    process.stdout.write(
      `${kind} n=${count}: median ${middle(times)} ms, worst ${Math.max(...times)} ms; per node and round ${messages} exchanges, ${bytes} bytes\n`,
    );
  }
}
