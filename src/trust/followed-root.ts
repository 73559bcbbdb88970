/**
 * What every file starts with that is signed away from the cluster: the first version of the root, and the versions after it, up to the one that the file's maker knew. Whoever
 * signs may hold an older one, on a machine that no network reaches, and comes by these steps to that version.
 */
import * as v from 'valibot';
import type { Envelope } from '../model/deployment.ts';
import { readEnvelope } from './envelope.ts';
import { extendRoot, firstHeld, stepsAfter } from './next-root.ts';
import { MAX_ROOT_BYTES, ROOT_TYPE, trustRoot } from './root.ts';
import type { TrustedRoot } from './root.ts';

export interface FollowedRoot {
  /** The first version: it says which cluster. */
  readonly root: Envelope;
  /** The versions after it. */
  readonly steps: readonly Envelope[];
}

/** Of a file's schema. */
export const followedFields = { root: v.unknown(), steps: v.array(v.unknown()) };

export function followedRoot(newest: TrustedRoot): FollowedRoot {
  const { envelope, root } = firstHeld(newest);
  return { root: envelope, steps: stepsAfter(newest, root.version) };
}

/** The form alone. Nothing of it may be believed until it was followed from a root that is trusted. */
export function readFollowed({ root, steps }: { readonly root: unknown; readonly steps: readonly unknown[] }): FollowedRoot {
  return { root: readRootEnvelope(root), steps: steps.map(readRootEnvelope) };
}

export function readRootEnvelope(input: unknown): Envelope {
  return readEnvelope(input, { payloadType: ROOT_TYPE, maxBytes: MAX_ROOT_BYTES }).envelope;
}

/** The newest root that the file leads to from the one that is held; refuses one of another cluster. */
export function followFrom(held: TrustedRoot, { root, steps }: FollowedRoot): TrustedRoot {
  trustRoot(root, held.cluster);
  return extendRoot(held, steps);
}
