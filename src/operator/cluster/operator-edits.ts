/** Changes of keys, roles and thresholds of a root. What would leave a role that nobody can sign for is refused before anybody signs it. */
import { GossipError } from '../../model/errors.ts';
import type { PublicKey } from '../../trust/keys.ts';
import { MAX_SIGNATURES } from '../../trust/envelope.ts';
import { isPlainName, ROLES } from '../../trust/root.ts';
import type { Role, RoleName, Root } from '../../trust/root.ts';

/** What becomes of a root; the rest of it stays. */
export type RootEdit = (root: Root) => Partial<Pick<Root, 'keys' | 'roles' | 'rendezvous'>>;

/** A key may be shortened to this many digits. */
const KEY_ID = /^[0-9a-f]{8,64}$/;

/** A further operator, or further roles of one. */
export function addOperator(name: string, key: PublicKey, roles: readonly RoleName[]): RootEdit {
  return (root) => {
    const { keyid } = key;
    requireName(root, name, keyid);
    const added = roles.filter((role) => !root.roles[role].keys.includes(keyid));
    if (added.length === 0) refuse(`${name} has ${roles.join(', ')} already: there is nothing to add`);
    return {
      keys: { ...root.keys, [keyid]: { public: key.public, name } },
      roles: mapRoles(root, (role, each) => (added.includes(role) ? { ...each, keys: [...each.keys, keyid] } : each)),
    };
  };
}

/** Takes a key out of every role. */
export function removeOperator(text: string): RootEdit {
  return (root) => {
    const keyid = keyNamed(root, text);
    const without = mapRoles(root, (_, each) => ({ ...each, keys: each.keys.filter((key) => key !== keyid) }));
    for (const role of ROLES) requireSigners(role, without[role], nameOf(root, keyid));
    return { roles: without };
  };
}

/** How many keys of a role must sign. */
export function setThreshold(role: RoleName, threshold: number): RootEdit {
  return (root) => {
    const { keys, threshold: before } = root.roles[role];
    if (threshold === before) refuse(`${role} needs ${threshold} already: there is nothing to change`);
    if (threshold > keys.length) {
      refuse(`${threshold} keys cannot sign for ${role}, which has ${keys.length}`, 'Add operators first: gossip cluster add-operator.');
    }
    if (threshold > MAX_SIGNATURES) refuse(`${threshold} signatures are more than the ${MAX_SIGNATURES} that one record carries`);
    return { roles: mapRoles(root, (name, each) => (name === role ? { ...each, threshold } : each)) };
  };
}

/**
 * `next` in the place of the key that `text` names, in these roles; by default in every one that it has. The name goes along, unless the old key keeps
 * a role, or another is given.
 */
export function exchangeKey(text: string, next: PublicKey, roles: readonly RoleName[] | undefined, name: string | undefined): RootEdit {
  return (root) => {
    const keyid = keyNamed(root, text);
    const held = rolesOf(root, keyid);
    const exchanged = roles ?? held;
    const lacking = exchanged.filter((role) => !held.includes(role));
    if (lacking.length > 0) refuse(`${nameOf(root, keyid)} has no part in ${lacking.join(', ')}`);
    if (keyid === next.keyid) refuse('the new key is the old one: there is nothing to exchange');
    const doubled = exchanged.filter((role) => root.roles[role].keys.includes(next.keyid));
    if (doubled.length > 0) refuse(`the new key signs for ${doubled.join(', ')} already, and counts once`);
    const isGone = held.every((role) => exchanged.includes(role));
    const called = name ?? root.keys[next.keyid]?.name ?? (isGone ? root.keys[keyid]?.name : undefined);
    if (name !== undefined) requireName(root, name, next.keyid, isGone ? keyid : undefined);
    return {
      keys: { ...root.keys, [next.keyid]: { public: next.public, ...(called !== undefined && { name: called }) } },
      roles: mapRoles(root, (role, each) =>
        exchanged.includes(role) ? { ...each, keys: each.keys.map((key) => (key === keyid ? next.keyid : key)) } : each,
      ),
    };
  };
}

/** The key of that name, or whose id begins so. */
function keyNamed(root: Root, text: string): string {
  const ids = Object.keys(root.keys);
  const named = ids.filter((keyid) => root.keys[keyid]?.name === text);
  const found = named.length > 0 ? named : KEY_ID.test(text) ? ids.filter((keyid) => keyid.startsWith(text)) : [];
  if (found.length > 1) refuse(`several keys are called '${text}'`, "Name it by its id: 'gossip cluster show --json'.");
  const [keyid] = found;
  if (keyid !== undefined) return keyid;
  refuse(`the root names no key '${text}'`, "Take a name, or 8 digits of an id, from 'gossip cluster show'.");
}

/** As people call a key: by its name, if it has one. */
export function nameOf(root: Root, keyid: string): string {
  const name = root.keys[keyid]?.name;
  return name === undefined ? keyid.slice(0, 12) : `${name} (${keyid.slice(0, 12)})`;
}

export function rolesOf(root: Root, keyid: string): RoleName[] {
  return ROLES.filter((role) => root.roles[role].keys.includes(keyid));
}

function mapRoles(root: Root, change: (name: RoleName, role: Role) => Role): Root['roles'] {
  return { root: change('root', root.roles.root), deploy: change('deploy', root.roles.deploy), admit: change('admit', root.roles.admit) };
}

function requireSigners(role: RoleName, { keys, threshold }: Role, gone: string): void {
  if (keys.length >= threshold) return;
  if (keys.length === 0) {
    refuse(
      `${gone} is the last key for ${role}: nobody could sign for it any more`,
      'Add another operator first: gossip cluster add-operator.',
    );
  }
  refuse(
    `without ${gone}, ${keys.length} of the ${threshold} keys that must sign for ${role} are left`,
    `Lower that first: gossip cluster set-threshold ${role} ${keys.length}. Or add another operator.`,
  );
}

function requireName(root: Root, name: string, keyid: string, apartFrom?: string): void {
  if (!isPlainName(name) || KEY_ID.test(name)) {
    throw new GossipError('GOSSIP_E_USAGE', `'${name}' is not a name of an operator`, {
      advice: 'Take letters, digits, spaces and . _ - that do not look like the id of a key; 63 at most.',
    });
  }
  const taken = Object.keys(root.keys).find((other) => root.keys[other]?.name === name && other !== keyid && other !== apartFrom);
  if (taken !== undefined) refuse(`another key is called '${name}' already: ${taken.slice(0, 12)}`, 'Choose another name.');
}

function refuse(why: string, advice?: string): never {
  throw new GossipError('GOSSIP_E_ROOT_CHANGE', why, advice === undefined ? {} : { advice });
}
