/** The later versions of a cluster's root, as an operator keeps them beside the first one. */
import { join } from 'node:path';
import { writeFileDurably } from '../../core/store/files/writer.ts';
import { GossipError } from '../../model/errors.ts';
import { extendRoot, firstHeld, stepsAfter } from '../../trust/next-root.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import { readGivenText } from '../files/given-file.ts';
import { about, contentsOf } from '../../trust/file-contents.ts';
import { isThere } from '../files/is-there.ts';

const FILE = 'root-steps.json';

/** The newest root that the directory leads to from its first. */
export async function withSteps(directory: string, first: TrustedRoot): Promise<TrustedRoot> {
  const path = join(directory, FILE);
  if (!(await isThere(path))) return first;
  const steps = stepsIn(await readGivenText(path, 'steps'), path);
  return about(path, '', () => extendRoot(first, steps));
}

export function keepSteps(directory: string, newest: TrustedRoot): Promise<void> {
  const steps = stepsAfter(newest, firstHeld(newest).root.version);
  return writeFileDurably(join(directory, FILE), Buffer.from(JSON.stringify(steps)), { mode: 0o600 });
}

function stepsIn(text: string, path: string): unknown[] {
  try {
    const steps: unknown = JSON.parse(text);
    if (Array.isArray(steps)) return steps;
  } catch {
    // Said below.
  }
  throw new GossipError('GOSSIP_E_FILE', `${path} holds no steps of the root: ${contentsOf(Buffer.from(text))}`, {
    advice: 'Take it away: nodes give them again, with gossip cluster show.',
  });
}
