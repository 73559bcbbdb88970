/** Plays one scenario from one seed. */
import { Cluster } from '../world/cluster.ts';
import type { Parts } from '../world/parts.ts';
import type { Rounds, Scenario } from '../scenarios/scenario.ts';

export interface SimulationOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Default 50. */
  readonly nodes?: number;
  /** How far clocks of nodes are off; see `ClusterOptions`. */
  readonly maxSkewMs?: number;
  readonly parts?: Partial<Parts>;
  readonly show?: (line: string) => void;
}

export interface Simulation extends Rounds {
  readonly goal: number;
  readonly events: number;
  /** Equal for equal runs. */
  readonly fingerprint: string;
}

/** A run that broke a law or did not get there. Its message ends with the command that plays it again. */
class SimulationFailed extends Error {
  override readonly name = 'SimulationFailed';
}

export const DEFAULT_NODES = 50;

export async function simulate({ scenario, seed, nodes = DEFAULT_NODES, ...rest }: SimulationOptions): Promise<Simulation> {
  const cluster = new Cluster({ seed, nodes, ...scenario.cluster, ...rest });
  try {
    const rounds = await scenario.play(cluster);
    return { ...rounds, goal: scenario.goal(nodes), events: cluster.trace.events, fingerprint: cluster.trace.fingerprint };
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    const where = `event ${cluster.trace.events}, ${(cluster.now / 1_000).toFixed(3)} s, seed ${seed}`;
    const size = nodes === DEFAULT_NODES ? '' : ` --nodes ${nodes}`;
    const replay = `npm run sim -- --scenario ${scenario.name} --seed ${seed}${size} --trace`;
    throw new SimulationFailed(`${scenario.name}: ${what} (${where}). Play it again: ${replay}`, { cause });
  }
}
