/** The state that lies beside the code, for an instance to which no other hands one over. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SEED_FILE } from '../model/state-bytes.ts';

/** As it is carried; null where the code brings none. */
export function seedIn(directory: string): Uint8Array | null {
  try {
    return readFileSync(join(directory, SEED_FILE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
