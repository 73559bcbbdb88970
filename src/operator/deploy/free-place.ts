/** Where a change may be written that others are to sign. */
import { GossipError } from '../../model/errors.ts';
import { checkWritable } from '../files/written-file.ts';
import { isThere } from '../files/is-there.ts';
import { readSignedFile } from './signed-files.ts';

/** Refuses a place where no file can be written, and one with a change that somebody may have signed by now: to write it anew would lose their signatures. */
export async function checkFree(path: string): Promise<void> {
  await checkWritable(path);
  if (!(await isThere(path)) || !(await holdsChange(path))) return;
  throw new GossipError('GOSSIP_E_FILE', `${path} holds a change that was written before, with the signatures that it has by now`, {
    advice: "Name another file, or remove that one first; 'gossip config show' tells what is in it.",
  });
}

/** What is something else may be written over, as any output. */
async function holdsChange(path: string): Promise<boolean> {
  try {
    await readSignedFile(path);
    return true;
  } catch (thrown) {
    if (thrown instanceof GossipError) return false;
    throw thrown;
  }
}
