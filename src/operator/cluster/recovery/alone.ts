/** Whether one operator's key can sign a recovery alone: found out with the plan, before anybody is asked and before a new key is made. */
import { GossipError } from '../../../model/errors.ts';
import { keyText } from '../../../trust/root.ts';
import type { Root, SigningRole, TrustedRoot } from '../../../trust/root.ts';
import { removeOperator } from '../operator-edits.ts';

/** What each role has to do with a recovery, and what to do first where more keys than one must sign for it. */
const NEEDED = {
  root: {
    does: 'change the root',
    lower:
      "With the others, take the stolen key out first: 'gossip cluster rotate-key --write FILE', or 'remove-operator' where it is another's. Then lower that: 'gossip cluster set-threshold root 1 --write FILE'. Then recover, with --until.",
  },
  deploy: {
    does: 'sign deployments, which a recovery signs anew',
    lower: "Lower that first, 'gossip cluster set-threshold deploy 1', and raise it again afterwards.",
  },
} as const satisfies Partial<Record<SigningRole, object>>;

/** Refuses where the key `own` cannot sign the next root and so many modules alone, or where without the stolen keys too few could sign. */
export function requireAlone({ root }: Pick<TrustedRoot, 'root'>, own: string, stolen: ReadonlySet<string>, modules: number): void {
  requireRole(root, 'root', own);
  if (modules > 0) requireRole(root, 'deploy', own);
  // The operator's own key is exchanged, which leaves as many as there were.
  const dropped = [...stolen].filter((keyid) => keyid !== own);
  dropped.reduce<Root>((left, keyid) => ({ ...left, ...removeOperator(keyid)(left) }), root);
}

function requireRole(root: Root, role: keyof typeof NEEDED, own: string): void {
  const { keys, threshold } = root.roles[role];
  const { does, lower } = NEEDED[role];
  if (!keys.includes(own)) {
    throw new GossipError('GOSSIP_E_SIGNATURE', `${keyText(root, own)} may not ${does}. Nothing was changed`, {
      advice: "A recovery takes a key in the roles root and deploy: 'gossip cluster show' lists who has them.",
    });
  }
  if (threshold === 1) return;
  throw new GossipError(
    'GOSSIP_E_THRESHOLD',
    `a recovery is signed by one key, and ${threshold} must sign for ${role}. Nothing was changed`,
    {
      advice: lower,
    },
  );
}
