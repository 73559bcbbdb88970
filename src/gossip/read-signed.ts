/** What of a message is believed: what operators have signed, under the root that its receiver comes to by the steps in it. */
import { GossipError } from '../model/errors.ts';
import type { Envelope, VerifiedDeployment } from '../model/deployment.ts';
import type { PayloadHash } from '../model/names.ts';
import { verifyNote } from '../trust/node-note.ts';
import type { VerifiedNote } from '../trust/node-note.ts';
import { Trust } from '../trust/trust.ts';
import type { Verify } from '../trust/trust.ts';
import type { NotesTold, RootTold } from './messages.ts';

/** As they lie in a message. */
export interface NotesSent extends Pick<NotesTold, 'digest' | 'known'> {
  readonly envelopes: readonly unknown[];
}

/** What is signed in a message. */
interface Told {
  readonly records: readonly unknown[];
  readonly root?: { readonly version: number; readonly hash: PayloadHash; readonly steps: readonly unknown[] } | undefined;
  readonly notes?: NotesSent | undefined;
}

/**
 * Records and notes as the root says that holds once the steps were taken. Where that is still another one than the sender's, what does not verify is left out and
 * not the whole message refused: it is good by a root that one of the two does not know yet, or was, by one that is past.
 */
export function readBy(
  by: Verify | Trust,
  { records, root: told, notes: noted }: Told,
): { readonly records: readonly VerifiedDeployment[]; readonly root?: RootTold; readonly notes?: NotesTold } {
  if (!(by instanceof Trust)) return { records: records.map(by), ...(told && { root: told as RootTold }) };
  const { root: reached, verify, rival } = by.reached(told?.steps ?? []);
  const isSame = told === undefined ? reached.root.version === 1 : told.version === reached.root.version && told.hash === reached.hash;
  const readAll = <T>(signed: readonly unknown[], read: (each: unknown) => T): T[] =>
    isSame ? signed.map(read) : signed.flatMap((each) => verifiedOrNone(each, read));
  return {
    records: readAll(records, verify),
    ...(told && { root: { ...told, steps: told.steps as Envelope[], reached, rival } }),
    ...(noted && {
      notes: { digest: noted.digest, known: noted.known, notes: readAll(noted.envelopes, (each) => verifyNote(each, reached)) },
    }),
  };
}

/** Null where it does not verify. */
export function noteOrNone(note: unknown, by: Verify | Trust): VerifiedNote | null {
  return by instanceof Trust ? (verifiedOrNone(note, (each) => verifyNote(each, by.root))[0] ?? null) : null;
}

function verifiedOrNone<T>(signed: unknown, verify: (signed: unknown) => T): T[] {
  try {
    return [verify(signed)];
  } catch (error) {
    if (error instanceof GossipError) return [];
    throw error;
  }
}
