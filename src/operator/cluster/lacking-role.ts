/** Says to an operator that his key may not do a thing, whose may, and how his would: the root is what decides, and what he sees of it are names. */
import { GossipError } from '../../model/errors.ts';
import type { PublicKey } from '../../trust/keys.ts';
import { keyText, roleIn, ROLES } from '../../trust/root.ts';
import type { Root, RoleName, TrustedRoot } from '../../trust/root.ts';

/** A key that the root names no more may be one that its owner has exchanged. */
const EXCHANGED = "If you exchanged it by a file that was injected meanwhile, 'gossip cluster rotate-key' puts the new one in its place. ";

interface Place {
  readonly name: string;
  readonly root: TrustedRoot;
}

/** `does`: such as `sign deployments of`. Whoever may deploy may observe. */
export function requireRole(place: Place, key: Pick<PublicKey, 'keyid'>, role: RoleName, does: string): void {
  if (!mayAct(place.root.root, key.keyid, role)) throw lackingRole(place, key, role, does);
}

/** Whether the newest root that is known here gives the key that role. */
export function mayAct(root: Root, keyid: string, role: RoleName): boolean {
  return roleIn(root, role).keys.includes(keyid) || (role === 'observe' && roleIn(root, 'deploy').keys.includes(keyid));
}

export function lackingRole(
  { name, root: { root } }: Place,
  { keyid }: Pick<PublicKey, 'keyid'>,
  role: RoleName,
  does: string,
  cause?: unknown,
): GossipError {
  const has = ROLES.filter((each) => roleIn(root, each).keys.includes(keyid));
  const roles = has.length === 0 ? 'the root gives it no role' : `it has the role${has.length === 1 ? '' : 's'} ${has.join(', ')} only`;
  const able = roleIn(root, role).keys.map((other) => keyText(root, other));
  const called = root.keys[keyid]?.name ?? 'NAME';
  const whose = able.length === 0 ? '' : `Have it done with the key of ${able.join(', ')}; or have`;
  return new GossipError('GOSSIP_E_SIGNATURE', `your key ${keyText(root, keyid)} may not ${does} '${name}': ${roles}`, {
    advice: `${has.length === 0 ? EXCHANGED : ''}${whose || 'Have'} somebody who may change the root give yours the role: 'gossip cluster add-operator ${called} KEY.pub --role ${role}'.`,
    cause,
  });
}
