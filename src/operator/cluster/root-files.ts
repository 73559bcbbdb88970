/** Signed root files: a change of the root, to be looked at, countersigned and injected by others. The operator's own root decides what is believed of one (law 2). */
import { GossipError } from '../../model/errors.ts';
import { addSignature } from '../../trust/envelope.ts';
import { followedRoot } from '../../trust/followed-root.ts';
import type { PrivateKey } from '../../trust/keys.ts';
import { extendRoot, inspectNextRoot, versionIn } from '../../trust/next-root.ts';
import type { UnfinishedRoot } from '../../trust/next-root.ts';
import { encodeRootFile } from '../../trust/root-file.ts';
import type { RootFile } from '../../trust/root-file.ts';
import { trustRoot } from '../../trust/root.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import type { Envelope } from '../../model/deployment.ts';
import { writeNamed } from '../files/written-file.ts';
import { lackingRole } from './lacking-role.ts';
import { keepSteps } from './root-steps.ts';

/** A change of the root, and the version that it follows: the operator's own, or one that the file leads to from there. */
export interface RootProposal extends UnfinishedRoot {
  readonly previous: TrustedRoot;
}

export function packRootFile(previous: TrustedRoot, envelope: Envelope): Uint8Array {
  return encodeRootFile({ ...followedRoot(previous), envelope });
}

/** What a file would change. Refuses one that the cluster has passed by meanwhile, or that follows another root. */
export function inspectRootFile(file: RootFile, held: TrustedRoot): RootProposal {
  trustRoot(file.root, held.cluster);
  const version = versionIn(file.envelope);
  const { version: mine } = held.root;
  if (version <= mine) {
    const isTaken = isHeld(file.envelope, held);
    throw new GossipError(
      'GOSSIP_E_ROOT_VERSION',
      isTaken
        ? `the file is in force already, as version ${version} of the root`
        : `the file makes version ${version} of the root, and another one is in force already`,
      {
        advice: isTaken
          ? 'There is nothing left to do with it.'
          : "Look at what changed meanwhile, 'gossip cluster log', and make the change again.",
      },
    );
  }
  // One that holds nothing of before its own version leads here as well.
  const previous = extendRoot(held, file.steps);
  if (version !== previous.root.version + 1) {
    throw new GossipError(
      'GOSSIP_E_ROOT_VERSION',
      `the file makes version ${version} of the root, and does not say how version ${version - 1} came about`,
      {
        advice: "Take over the newest root, 'gossip cluster show', or have the file written again.",
      },
    );
  }
  const made = file.steps.find((step) => versionIn(step) === previous.root.version) ?? file.root;
  if (made.payload !== previous.envelope.payload) {
    throw new GossipError(
      'GOSSIP_E_ROOT_VERSION',
      `the file follows another version ${previous.root.version} of the root than the one that is held here`,
    );
  }
  return { previous, ...inspectNextRoot(previous, file.envelope) };
}

/** Whether some version that led to `held`, or it itself, is this one. */
export function isHeld({ payload }: Envelope, held: TrustedRoot): boolean {
  for (let at: TrustedRoot | null = held; at !== null; at = at.previous) if (at.envelope.payload === payload) return true;
  return false;
}

/** Adds a signature to a file. Refuses a key that has no say in it. */
export async function countersignRootFile(options: {
  readonly file: RootFile;
  readonly output: string;
  /** Of the cluster, for people. */
  readonly name: string;
  readonly held: TrustedRoot;
  readonly directory: string;
  readonly key: PrivateKey;
}): Promise<{ readonly proposal: RootProposal; readonly again: boolean }> {
  const { file, output, name, held, directory, key } = options;
  const { previous, root } = inspectRootFile(file, held);
  if (![previous.root, root].some(({ roles }) => roles.root.keys.includes(key.keyid))) {
    throw lackingRole({ name, root: previous }, key, 'root', 'sign changes of the root of');
  }
  const envelope = addSignature(file.envelope, key);
  const proposal = { previous, ...inspectNextRoot(previous, envelope) };
  await writeNamed(output, encodeRootFile({ ...file, envelope }));
  if (previous !== held) await keepSteps(directory, previous);
  return { proposal, again: file.envelope.signatures.some(({ keyid }) => keyid === key.keyid) };
}
