/** Plays one run; a run that breaks a law is an outcome like any other. */
import { SCENARIOS } from '../../src/sim/scenarios/scenarios.ts';
import { simulate } from '../../src/sim/play/simulate.ts';
import type { Simulation } from '../../src/sim/play/simulate.ts';
import type { Run } from './runs.ts';

export interface Outcome {
  readonly run: Run;
  /** What broke, and the command that plays it again; or how it went. */
  readonly result: { readonly broken: string } | Simulation;
}

export async function playRun(run: Run, show?: (line: string) => void): Promise<Outcome> {
  const scenario = SCENARIOS.find(({ name }) => name === run.scenario);
  if (scenario === undefined) throw new Error(`there is no scenario '${run.scenario}'`);
  try {
    return { run, result: await simulate({ scenario, seed: run.seed, nodes: run.nodes, ...(show && { show }) }) };
  } catch (error) {
    return { run, result: { broken: error instanceof Error ? error.message : String(error) } };
  }
}
