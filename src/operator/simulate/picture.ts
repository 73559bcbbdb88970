/** Writes the picture of a simulation. */
import { planText, seedsText } from '../render/spread-text.ts';
import { spreadSvg } from '../render/spread-svg.ts';
import { writeNamed } from '../files/written-file.ts';
import type { SimulationReport } from './report.ts';

/** Of the last deployment. Nothing is written where no run is done. */
export async function writePicture(path: string, { plan, seeds, deployments }: SimulationReport): Promise<boolean> {
  const last = deployments.at(-1);
  if (last === undefined) return false;
  const svg = spreadSvg(`${planText(plan)}: ${seedsText(seeds)}`, last.curve);
  await writeNamed(path, Buffer.from(svg));
  return true;
}
