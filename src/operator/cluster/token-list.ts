/** The join tokens that are known: those that were made here, and those that a note of any operator revokes; and which one is meant. */
import type { NoteBook } from '../../gossip/note-book.ts';
import { GossipError } from '../../model/errors.ts';
import { isNodeId } from '../../model/names.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import { looksLikeToken } from '../../trust/token-form.ts';
import { parseToken } from '../../trust/token.ts';
import type { MadeToken } from './made-tokens.ts';

const DIGITS = /^[0-9a-f]+$/i;
const MIN_DIGITS = 8;

export interface TokenLine {
  /** The id of the token's key. */
  readonly fingerprint: string;
  readonly state: 'admits' | 'ended' | 'revoked';
  /** ISO 8601; null: made elsewhere. */
  readonly made: string | null;
  readonly expires: string | null;
  /** ISO 8601, by that operator's clock; of one that was revoked from here and of which no node tells, `author` is null. */
  readonly revoked: { readonly author: string | null; readonly time: string } | null;
}

/** The latest first; then those of others. */
export function tokenList(made: readonly MadeToken[], book: NoteBook, root: TrustedRoot, now: number): readonly TokenLine[] {
  const notes = new Map(book.notes.flatMap(({ note }) => (note.kind === 'revoke-token' ? [[note.subject, note] as const] : [])));
  const own = made.map((token): TokenLine => {
    const note = notes.get(token.fingerprint);
    const time = note?.time ?? token.revoked;
    const isOver = token.expires <= now || token.epoch < root.root.epoch;
    return {
      fingerprint: token.fingerprint,
      state: time !== undefined ? 'revoked' : isOver ? 'ended' : 'admits',
      made: iso(token.made),
      expires: iso(token.expires),
      revoked: time === undefined ? null : { author: note?.author ?? null, time: iso(time) },
    };
  });
  const ours = new Set(made.map(({ fingerprint }) => fingerprint));
  const others = [...notes.values()].filter(({ subject }) => !ours.has(subject));
  return [
    ...own.toReversed(),
    ...others.map(({ subject, author, time }): TokenLine => ({
      fingerprint: subject,
      state: 'revoked',
      made: null,
      expires: null,
      revoked: { author, time: iso(time) },
    })),
  ];
}

/**
 * The fingerprint that is meant: by the token itself, which need not be known here and may have ended; by its whole fingerprint, likewise; or by 8 digits of one that is known.
 * Throws `GOSSIP_E_TOKEN` where it is none, or not the only one, and `GOSSIP_E_WRONG_CLUSTER` for the token of another cluster.
 */
export function fingerprintIn(
  text: string,
  known: readonly Pick<TokenLine, 'fingerprint'>[],
  { cluster }: Pick<TrustedRoot, 'cluster'>,
): string {
  if (!DIGITS.test(text)) {
    if (!looksLikeToken(text))
      throw new GossipError('GOSSIP_E_TOKEN', 'this is neither a fingerprint nor a join token', { advice: ADVICE });
    const { root, secret } = parseToken(text);
    if (root.cluster === cluster) return secret.keyid;
    throw new GossipError('GOSSIP_E_WRONG_CLUSTER', `the token is for cluster ${root.cluster.slice(0, 12)} (${root.root.name})`, {
      advice: 'Name that cluster with --cluster.',
    });
  }
  const digits = text.toLowerCase();
  if (isNodeId(digits)) return digits;
  if (digits.length < MIN_DIGITS || digits.length > 64) {
    throw new GossipError('GOSSIP_E_TOKEN', `a fingerprint has 64 digits, of which ${MIN_DIGITS} are enough, and not ${digits.length}`, {
      advice: ADVICE,
    });
  }
  const found = known.filter(({ fingerprint }) => fingerprint.startsWith(digits));
  if (found.length === 1) return (found[0] as TokenLine).fingerprint;
  const problem =
    found.length === 0
      ? 'no token is known here whose fingerprint begins with'
      : `${found.length} tokens have fingerprints that begin with`;
  throw new GossipError('GOSSIP_E_TOKEN', `${problem} ${digits}`, { advice: ADVICE });
}

const ADVICE = "'gossip cluster tokens --json' lists whole fingerprints; or give the token itself: @FILE, or - for standard input.";

function iso(time: number): string {
  return new Date(time).toISOString();
}
