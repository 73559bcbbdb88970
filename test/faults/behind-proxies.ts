/** A cluster in which a proxy stands at the address of every node: peers and operators reach nodes through it, the test's watcher past it. */
import { freePorts } from '../../src/lab/ports.ts';
import type { Address } from '../../src/model/names.ts';
import type { Random } from '../../src/sdk/virtual/random.ts';
import { tidily } from '../support/gossip.ts';
import { ChaosProxy } from './chaos-proxy.ts';
import { FaultCluster, lastWords } from './cluster.ts';
import { noDisorder } from './suffering.ts';
import type { Disorder } from './suffering.ts';
import { Watcher } from './watcher.ts';

export interface Storm {
  /** What the proxies have done so far. */
  readonly disorder: Readonly<Disorder>;
  rage(): void;
  calm(): void;
  /** The address of a node past its proxy. */
  past(name: string): Address;
}

/** Restarts every node of `cluster` behind a proxy; all are calm at first. */
export async function behindProxies(
  { lab, names, directory }: FaultCluster,
  random: Random,
  act: (cluster: FaultCluster, storm: Storm) => Promise<void>,
): Promise<void> {
  const ports = await freePorts(names.length);
  const behind = new Map(names.map((name, index) => [name, `127.0.0.1:${ports[index]}` as Address]));
  const past = (name: string): Address => behind.get(name) as Address;
  await lab.stop(...names);
  const disorder = noDisorder();
  const proxies: ChaosProxy[] = [];
  const run = async (): Promise<void> => {
    for (const { name, address } of lab.nodes) {
      const route = { from: portOf(address), to: portOf(past(name)) };
      proxies.push(await ChaosProxy.open(route, random.fork(name), disorder));
    }
    const nodes = await Promise.all([...behind].map(([name, listen]) => lab.startWith(name, { listen })));
    const watcher = await Watcher.of(lab, (name) => ({ id: lab.node(name).id, address: past(name) }));
    const storm = {
      disorder,
      rage: () => proxies.forEach((proxy) => proxy.rage()),
      calm: () => proxies.forEach((proxy) => proxy.calm()),
      past,
    };
    await act(new FaultCluster(lab, watcher, directory), storm).catch((error: unknown) => {
      process.stderr.write(`${lastWords(nodes.map((node) => node.log()))}\n`);
      throw error;
    });
  };
  await tidily(run, async () => void (await Promise.all(proxies.map((proxy) => proxy.close()))));
}

function portOf(address: Address): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
