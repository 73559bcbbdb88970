/** Writes the picture of a simulation; whether that will be possible is known before the first run. */
import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError, isAbsence, onDisk } from '../../core/store/file-system.ts';
import { writeFileDurably } from '../../core/store/writer.ts';
import { GossipError } from '../../model/errors.ts';
import { planText, seedsText } from '../render/spread-text.ts';
import { spreadSvg } from '../render/spread-svg.ts';
import type { SimulationReport } from './report.ts';

/** Refuses a path where no file can be written: minutes of simulation should not end in an error. */
export async function checkPicturePath(path: string): Promise<void> {
  // With a dot, a file in the directory's place is found out too.
  await onDisk(access(`${dirname(path)}/.`, constants.W_OK), `write ${path}`);
  const there = await stat(path).catch((thrown: unknown) => {
    if (isAbsence(thrown)) return null;
    throw fileError(thrown, `write ${path}`);
  });
  if (there !== null && !there.isFile()) throw new GossipError('GOSSIP_E_FILE', `cannot write ${path}: it is no file`);
}

/** Of the last deployment. Nothing is written where no run is done. */
export async function writePicture(path: string, { plan, seeds, deployments }: SimulationReport): Promise<boolean> {
  const last = deployments.at(-1);
  if (last === undefined) return false;
  const svg = spreadSvg(`${planText(plan)}: ${seedsText(seeds)}`, last.curve);
  await writeFileDurably(path, Buffer.from(svg), { mode: 0o644 });
  return true;
}
