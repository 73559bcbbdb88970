/** What operators see of the root of a cluster. */
import type { NodeStatus } from '../../api/status.ts';
import type { NodeId } from '../../model/names.ts';
import { SIGNING_ROLES } from '../../trust/root.ts';
import { rolesOf } from './operator-edits.ts';
import type { RoleName, Root, SigningRole, TrustedRoot } from '../../trust/root.ts';
import type { NodeAddress } from '../client/client.ts';
import type { OperatorCluster } from './clusters.ts';
import { heard } from './decisions.ts';
import type { Known } from './decisions.ts';
import { versionOf } from './root-change.ts';
import type { RootHolder } from './root-change.ts';

export interface KeyView {
  readonly keyid: string;
  readonly name: string | null;
  readonly roles: readonly RoleName[];
  /** Whether it signed this version of the root. */
  readonly signed: boolean;
}

export interface NodeRootView {
  readonly id: NodeId;
  readonly name: string;
  readonly version: number;
}

export interface RootView {
  readonly cluster: string;
  readonly name: string;
  readonly version: number;
  readonly hash: string;
  readonly epoch: number;
  readonly thresholds: { readonly [role in SigningRole]: number };
  readonly keys: readonly KeyView[];
  readonly rendezvous: OperatorCluster['root']['root']['rendezvous'];
  /** Nodes that hold this version. */
  readonly holding: number;
  /** Nodes that hold an older one. */
  readonly behind: readonly NodeRootView[];
  /** Nodes that hold another root of this version, or of one before: two were signed. */
  readonly apart: readonly NodeRootView[];
  /** Nodes whose program knows of the first root only. */
  readonly unaware: readonly NodeRootView[];
  readonly silent: readonly string[];
  /** Nodes that answer and were revoked, and those that have left: whatever they hold, nobody waits for them. */
  readonly revoked: readonly string[];
  readonly left: readonly string[];
  /** What a person should know. */
  readonly warnings: readonly string[];
}

export function rootView(known: Known): RootView {
  const { silent } = known;
  const { root: held } = known.cluster;
  const { root, hash, cluster } = held;
  const holders = heard(known);
  const view = ({ node, status }: RootHolder): NodeRootView => ({ id: node.id, name: status.name, version: versionOf(status) });
  const aware = holders.filter(({ status }) => status.root !== undefined);
  const same = aware.filter(({ status }) => versionOf(status) === root.version);
  return {
    cluster,
    name: root.name,
    version: root.version,
    hash,
    epoch: root.epoch,
    thresholds: { root: root.roles.root.threshold, deploy: root.roles.deploy.threshold, admit: root.roles.admit.threshold },
    keys: keysOf(held),
    rendezvous: root.rendezvous,
    holding: same.filter(({ status }) => status.root?.hash === hash).length,
    behind: aware.filter(({ status }) => versionOf(status) < root.version && !isApart(held, status)).map(view),
    apart: aware.filter(({ status }) => isApart(held, status)).map(view),
    unaware: holders.filter(({ status }) => status.root === undefined).map(view),
    silent: silent.filter(({ left }) => !left).map(calledOf),
    revoked: known.holders.filter((holder) => !holders.includes(holder)).map(({ node }) => calledOf(node)),
    left: silent.filter(({ left }) => left).map(calledOf),
    warnings: warningsOf(root),
  };
}

function calledOf({ name, address }: NodeAddress): string {
  return name || address;
}

/** Whether it holds a root that is none of those which lead to ours. */
export function isApart(held: TrustedRoot, { root }: NodeStatus): boolean {
  if (root === undefined || root.version > held.root.version) return false;
  let at: TrustedRoot | null = held;
  while (at !== null && at.root.version > root.version) at = at.previous;
  return at !== null && at.hash !== root.hash;
}

function keysOf({ root, envelope }: TrustedRoot): KeyView[] {
  const signers = new Set(envelope.signatures.map(({ keyid }) => keyid));
  return Object.entries(root.keys).map(([keyid, { name }]) => ({
    keyid,
    name: name ?? null,
    roles: rolesOf(root, keyid),
    signed: signers.has(keyid),
  }));
}

/** Roles that end with one lost key; whoever only observes is given another. */
export function warningsOf(root: Root): string[] {
  const lone = SIGNING_ROLES.filter((role) => root.roles[role].keys.length === root.roles[role].threshold);
  return lone.length === 0 ? [] : [`One lost key ends ${lone.join(', ')}: as many keys must sign as there are. Keep copies of them.`];
}
