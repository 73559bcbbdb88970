/** What changes from one version of a root to the next, in words: for whoever is about to sign it, and for the log. Names are escaped where they are printed. */
import type { Peer } from '../../model/names.ts';
import { keyText, SIGNING_ROLES } from '../../trust/root.ts';
import type { RoleName, Root } from '../../trust/root.ts';
import { rolesOf } from './operator-edits.ts';

/** Everything that differs, a sentence each; what is not named stays as it was. */
export function rootDifference(before: Root, after: Root): string[] {
  const lines = [
    ...epochLines(before, after),
    ...keyLines(before, after),
    ...thresholdLines(before, after),
    ...rendezvousLines(before, after),
  ];
  return lines.length === 0 ? ['nothing but the version'] : lines;
}

/** What a first version says. */
export function rootBeginning(root: Root): string[] {
  const made = { ...root, roles: noRoles(), keys: {}, rendezvous: [] };
  return rootDifference(made, root);
}

function noRoles(): Root['roles'] {
  const none = { keys: [], threshold: 0 };
  return { root: none, deploy: none, admit: none };
}

function epochLines(before: Root, after: Root): string[] {
  return [
    ...(before.epoch === after.epoch
      ? []
      : [`trust epoch ${before.epoch} -> ${after.epoch}: whatever was signed before counts no more, and must be signed anew`]),
    ...(before.modules === after.modules
      ? []
      : [`the trust epoch begins with ${after.modules === 1 ? '1 module' : `${after.modules ?? 0} modules`}: others end`]),
    ...(before.name === after.name ? [] : [`the cluster's name: ${before.name} -> ${after.name}`]),
  ];
}

function keyLines(before: Root, after: Root): string[] {
  const ids = [...new Set([...Object.keys(before.keys), ...Object.keys(after.keys)])];
  return ids.flatMap((keyid) => {
    const [had, has] = [rolesOf(before, keyid), rolesOf(after, keyid)];
    const gained = has.filter((role) => !had.includes(role));
    const lost = had.filter((role) => !has.includes(role));
    const [called, calls] = [before.keys[keyid]?.name, after.keys[keyid]?.name];
    const lines = [
      ...(gained.length > 0 ? [`key ${keyText(after, keyid)} may ${doingText(gained)}`] : []),
      ...(lost.length > 0 ? [`key ${keyText(before, keyid)} may ${doingText(lost)} no more`] : []),
    ];
    if (has.length === 0 && calls !== undefined && called === undefined)
      lines.push(`key ${keyText(after, keyid)} is named, and may sign nothing`);
    const isRenamed = called !== calls && had.length > 0 && has.length > 0;
    return isRenamed
      ? [...lines, `key ${keyid.slice(0, 12)} is called ${calls ?? 'nothing'}, and was ${called ?? 'called nothing'}`]
      : lines;
  });
}

/** `sign for root, deploy`, `observe`, `sign for deploy, and observe` */
function doingText(roles: readonly RoleName[]): string {
  const signing = roles.filter((role) => role !== 'observe');
  if (signing.length === 0) return 'observe';
  return `sign for ${signing.join(', ')}${signing.length < roles.length ? ', and observe' : ''}`;
}

function thresholdLines(before: Root, after: Root): string[] {
  return SIGNING_ROLES.flatMap((role) => {
    const [was, is] = [before.roles[role], after.roles[role]];
    if (was.threshold === is.threshold && was.keys.length === is.keys.length) return [];
    const from = was.keys.length === 0 ? '' : `${was.threshold} of ${was.keys.length} -> `;
    return [`signatures for ${role}: ${from}${is.threshold} of ${is.keys.length}`];
  });
}

function rendezvousLines(before: Root, after: Root): string[] {
  const was = new Map(before.rendezvous.map((node) => [node.id, node]));
  const is = new Map(after.rendezvous.map((node) => [node.id, node]));
  const gone = before.rendezvous.filter(({ id }) => !is.has(id));
  const come = after.rendezvous.filter(({ id }) => !was.has(id));
  // Whoever comes under the name of one that goes; a name that several have says nothing.
  const replacedBy = ({ name }: Peer): Peer | undefined => {
    const [one, ...more] = gone.filter((node) => node.name === name);
    return more.length === 0 && come.filter((node) => node.name === name).length === 1 ? one : undefined;
  };
  const place = (node: Peer): string => `${node.name || 'one without a name'} at ${node.address} (${node.id.slice(0, 12)})`;
  return [
    ...after.rendezvous.flatMap((node) => {
      const old = was.get(node.id);
      if (old === undefined || (old.address === node.address && old.name === node.name)) return [];
      return [`rendezvous node ${old.name || node.id.slice(0, 12)}: ${place(old)} -> ${place(node)}`];
    }),
    ...come.map((node) => {
      const replaced = replacedBy(node);
      if (replaced === undefined) return `new rendezvous node ${place(node)}`;
      return `rendezvous node ${node.name} is another machine: ${place(replaced)} -> ${place(node)}`;
    }),
    ...gone
      .filter((node) => !come.some((other) => replacedBy(other) === node))
      .map((node) => `no rendezvous node any more: ${place(node)}`),
  ];
}
