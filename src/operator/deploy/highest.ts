/**
 * The highest deployment number that this operator has seen verified in a cluster. Nodes know it too; but where they have all lost their configuration, as the
 * only node of a small cluster may, the numbers would begin anew, and d1 would name two deployments.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readRegularFile } from '../../core/store/files/regular-file.ts';
import { writeFileDurably } from '../../core/store/files/writer.ts';
import { MAX_SEQUENCE } from '../../model/deployment-number.ts';

/** In the directory of the cluster. */
const FILE = 'highest';

/** 0 where nothing is known. */
export function highestSeen(directory: string): number {
  try {
    const text = readRegularFile(join(directory, FILE), { maxBytes: 64, code: 'GOSSIP_E_FILE' }).toString().trim();
    const sequence = /^\d{1,15}$/.test(text) ? Number(text) : 0;
    return sequence < MAX_SEQUENCE ? sequence : 0;
  } catch {
    // It only helps where nodes have forgotten.
    return 0;
  }
}

/** Of verified records alone: a number that a liar tells would be skipped to for ever. */
export async function keepHighest(directory: string, sequence: number): Promise<void> {
  if (sequence <= highestSeen(directory)) return;
  // A directory that cannot be written fails no command.
  await writeFileDurably(join(directory, FILE), Buffer.from(`${sequence}\n`)).catch(() => undefined);
}

/** A new trust epoch has numbers of its own. */
export async function forgetHighest(directory: string): Promise<void> {
  await rm(join(directory, FILE), { force: true }).catch(() => undefined);
}

/** What is to be known of a node that knows less; null where all is as it should be. */
export function forgottenRemark(known: number, seen: number): string | null {
  if (known >= seen) return null;
  const what = known === 0 ? 'knows of no deployment' : `knows nothing above d${known}`;
  return `The node ${what}, though d${seen} was seen in this cluster before: it is cut off from the others, or has lost its data. Numbers go on above d${seen}.`;
}
