/** What operators see of the root of a cluster. */
import type { NodeId } from '../../model/names.ts';
import { ROLES } from '../../trust/root.ts';
import type { RoleName, Root, TrustedRoot } from '../../trust/root.ts';
import type { OperatorCluster } from './clusters.ts';
import { versionOf } from './root-change.ts';
import type { Refreshed, RootHolder } from './root-change.ts';

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
  readonly thresholds: { readonly [role in RoleName]: number };
  readonly keys: readonly KeyView[];
  readonly rendezvous: OperatorCluster['root']['root']['rendezvous'];
  /** Nodes that hold this version. */
  readonly holding: number;
  /** Nodes that hold an older one. */
  readonly behind: readonly NodeRootView[];
  /** Nodes that hold another root of this version: two were signed. */
  readonly apart: readonly NodeRootView[];
  /** Nodes whose program knows of the first root only. */
  readonly unaware: readonly NodeRootView[];
  readonly silent: readonly string[];
  /** What a person should know. */
  readonly warnings: readonly string[];
}

export function rootView({ cluster: { root: held }, holders, silent }: Refreshed): RootView {
  const { root, hash, cluster } = held;
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
    behind: aware.filter(({ status }) => versionOf(status) < root.version).map(view),
    apart: same.filter(({ status }) => status.root?.hash !== hash).map(view),
    unaware: holders.filter(({ status }) => status.root === undefined).map(view),
    silent: silent.map(({ name, address }) => name || address),
    warnings: warningsOf(root),
  };
}

function keysOf({ root, envelope }: TrustedRoot): KeyView[] {
  const signers = new Set(envelope.signatures.map(({ keyid }) => keyid));
  return Object.entries(root.keys).map(([keyid, { name }]) => ({
    keyid,
    name: name ?? null,
    roles: ROLES.filter((role) => root.roles[role].keys.includes(keyid)),
    signed: signers.has(keyid),
  }));
}

/** Roles that end with one lost key. */
export function warningsOf(root: Root): string[] {
  const lone = ROLES.filter((role) => root.roles[role].keys.length === root.roles[role].threshold);
  return lone.length === 0 ? [] : [`One lost key ends ${lone.join(', ')}: as many keys must sign as there are. Keep copies of them.`];
}
