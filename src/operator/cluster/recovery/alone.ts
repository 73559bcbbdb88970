/** Whether one operator's key can sign a recovery alone: found out with the plan, before anybody is asked and before a new key is made. */
import { GossipError } from '../../../model/errors.ts';
import type { VerifiedNote } from '../../../trust/node-note.ts';
import { keyText } from '../../../trust/root.ts';
import type { Root, SigningRole, TrustedRoot } from '../../../trust/root.ts';
import { removeOperator } from '../operator-edits.ts';

/** What each role has to do with a recovery. */
const NEEDED = {
  root: 'change the root',
  deploy: 'sign deployments, which a recovery signs anew',
  admit: 'sign anew what was decided of nodes',
} as const satisfies Record<SigningRole, string>;

const WRITE_IT = "Write it into a file for all who must sign: the same command with --write FILE, then 'gossip config sign FILE'.";

/** Refuses where the key `own` cannot sign the next root and so many modules alone, or where without the stolen keys too few could sign. */
export function requireAlone({ root }: Pick<TrustedRoot, 'root'>, own: string, stolen: ReadonlySet<string>, modules: number): void {
  requireRole(root, 'root', own);
  if (modules > 0) requireRole(root, 'deploy', own);
  requireLeft({ root }, own, stolen);
}

/** Refuses where without the stolen keys too few could sign. */
export function requireLeft({ root }: Pick<TrustedRoot, 'root'>, own: string, stolen: ReadonlySet<string>): void {
  // The operator's own key is exchanged, which leaves as many as there were.
  const dropped = [...stolen].filter((keyid) => keyid !== own);
  dropped.reduce<Root>((left, keyid) => ({ ...left, ...removeOperator(keyid)(left) }), root);
}

/** Refuses where notes would end with the stolen keys, and `own` cannot sign them anew alone: who was revoked would be let in again. */
export function requireNotesKept(
  { root }: Pick<TrustedRoot, 'root'>,
  own: string,
  stolen: ReadonlySet<string>,
  notes: readonly VerifiedNote[],
): void {
  const { keys, threshold } = root.roles.admit;
  const stay = new Set(keys.filter((keyid) => !stolen.has(keyid)));
  const ends = notes.some(({ envelope }) => envelope.signatures.filter(({ keyid }) => stay.has(keyid)).length < threshold);
  if (ends) requireRole(root, 'admit', own);
}

function requireRole(root: Root, role: keyof typeof NEEDED, own: string): void {
  const { keys, threshold } = root.roles[role];
  if (!keys.includes(own)) {
    throw new GossipError('GOSSIP_E_SIGNATURE', `${keyText(root, own)} may not ${NEEDED[role]}. Nothing was changed`, {
      advice: `'gossip cluster show' lists who may. ${WRITE_IT}`,
    });
  }
  if (threshold === 1) return;
  throw new GossipError('GOSSIP_E_THRESHOLD', `one key is here, and ${threshold} must ${NEEDED[role]}. Nothing was changed`, {
    advice: WRITE_IT,
  });
}
