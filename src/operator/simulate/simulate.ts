/** Plays a plan from many seeds, and summarises the runs. */
import type { SpreadPlan } from '../../sim/play/plan.ts';
import { checkWritable } from '../files/written-file.ts';
import { writePicture } from './picture.ts';
import { reportOf } from './report.ts';
import type { SimulationReport } from './report.ts';
import { playSeeds } from './seeds.ts';
import type { SeedsPlayed, SeedsProgress } from './seeds.ts';

export interface SimulateOptions {
  readonly plan: SpreadPlan;
  /** How many runs: seeds from 1 on. */
  readonly seeds: number;
  /** Where to draw the curve of the last deployment. */
  readonly picture: string | undefined;
  /** Breaks off; what is known by then is the result. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: SeedsProgress) => void;
}

export interface Simulated extends Pick<SeedsPlayed, 'unfinished'> {
  readonly report: SimulationReport;
  /** Whether there was something to draw, and it was drawn. */
  readonly drawn: boolean;
}

export async function simulate({ plan, seeds, picture, signal, onProgress }: SimulateOptions): Promise<Simulated> {
  if (picture !== undefined) await checkWritable(picture);
  const { runs, unfinished } = await playSeeds({ plan, seeds: Array.from({ length: seeds }, (_, index) => index + 1), signal, onProgress });
  const report = reportOf(plan, runs, runs.length < seeds);
  const drawn = picture !== undefined && (await writePicture(picture, report));
  return { report, unfinished, drawn };
}
