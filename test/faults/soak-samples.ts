/** What the nodes of a soak take of the system, looked up again and again. */
import type { FaultCluster } from './cluster.ts';
import { openDescriptors, residentBytes } from './vitals.ts';

export interface Sample {
  readonly atMs: number;
  readonly coreBytes: number;
  /** Of all hosts of modules together. */
  readonly hostBytes: number;
  readonly descriptors: number;
}

export class Samples {
  readonly ofNode = new Map<string, Sample[]>();

  /** One look at every node that runs. */
  async take(cluster: FaultCluster): Promise<void> {
    await Promise.all(
      cluster.names.map(async (name) => {
        // Whoever ends at this very moment is looked at the next time.
        const sample = await sampleOf(cluster, name).catch(() => null);
        if (sample !== null) this.ofNode.getOrInsertComputed(name, () => []).push(sample);
      }),
    );
  }
}

async function sampleOf({ lab, watcher }: FaultCluster, name: string): Promise<Sample | null> {
  const { process: core } = lab.node(name);
  if (core === null) return null;
  const { modules } = await watcher.status(name);
  const hosts = modules.flatMap(({ pid }) => (pid === null ? [] : [pid]));
  const [coreBytes, descriptors, ...hostBytes] = await Promise.all([
    residentBytes(core.pid),
    openDescriptors(core.pid),
    ...hosts.map(residentBytes),
  ]);
  return { atMs: Date.now(), coreBytes, hostBytes: hostBytes.reduce((sum, bytes) => sum + bytes, 0), descriptors: descriptors.length };
}
