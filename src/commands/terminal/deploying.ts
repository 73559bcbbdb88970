/** The steps that deploy, remove and rollback share: choose the node, sign, inject, say what happens, wait. */
import type { CodeSource } from '../../operator/deploy/code-source.ts';
import { openOperatorKey } from '../../operator/cluster/clusters.ts';
import type { OperatorCluster } from '../../operator/cluster/clusters.ts';
import { requireRole } from '../../operator/cluster/lacking-role.ts';
import { deploy, nextSequence } from '../../operator/deploy/deploy.ts';
import { forgottenRemark, highestSeen, keepHighest } from '../../operator/deploy/highest.ts';
import type { Deployed, Draft, Signing } from '../../operator/deploy/deploy.ts';
import { changeLines } from '../../operator/deploy/change-text.ts';
import type { NodeAddress } from '../../operator/client/client.ts';
import { requireHeard } from '../../operator/client/heard.ts';
import { anyNode, findNode, knownNodes } from '../../operator/client/nodes.ts';
import { entranceKnows, placeOf, placeText } from '../../operator/deploy/place.ts';
import type { Place } from '../../operator/deploy/place.ts';
import type { Records } from '../../operator/status/records.ts';
import type { Session } from '../../operator/settings/session.ts';
import { keyText, roleOf } from '../../trust/root.ts';
import { confirm, requireConfirmable } from './confirm.ts';
import { withPassage } from './passage.ts';
import type { Speaker } from './speaker.ts';
import { converge, convergedText, NotConverged } from './waiting.ts';
import type { ConvergedJson, Waiting, Watching } from './waiting.ts';

/** `--json` of every command that deploys. */
export interface DeployedJson {
  readonly deployment: string;
  readonly number: Deployed['record']['deployment']['number'];
  readonly module: string;
  /** Null when the module was removed. */
  readonly code: string | null;
  /** When the node acknowledged it, ISO 8601. */
  readonly injectedAt: string;
  /** The node it entered at. */
  readonly node: string;
  /** The cluster that was changed, and how many nodes it had. */
  readonly cluster: string;
  readonly clusterId: string;
  readonly lab: boolean;
  readonly clusterNodes: number;
  readonly converged?: ConvergedJson;
}

export function chosenNode({ cluster, client }: Session, to: string | undefined): Promise<NodeAddress> {
  return to === undefined ? anyNode(cluster, client) : findNode(to, cluster, client);
}

/** Opens the operator's key, asking for its passphrase when it has one. Refuses one that may not deploy. */
export async function signing({ cluster, keyOwner }: Session): Promise<Signing> {
  const key = await openOperatorKey(cluster, keyOwner);
  requireRole(cluster, key, 'deploy', 'sign deployments of');
  return { root: cluster.root, key, now: Date.now, floor: highestSeen(cluster.directory) };
}

export interface Delivery {
  readonly session: Session;
  readonly node: NodeAddress;
  readonly place: Place;
  /** What the operator may not know of the draft. */
  readonly remarks: readonly string[];
  readonly draft: Draft;
  readonly code: CodeSource | null;
  /** What the node knew when the draft was made. */
  readonly known: Records;
  /** `--yes` */
  readonly yes: boolean;
  /** Undefined not to wait. */
  readonly waiting: Waiting | undefined;
  /** Called once the node has acknowledged, before the waiting. */
  readonly onInjected: (deployed: Deployed) => void;
}

/** What of the flags says where a change enters, and whether one is made at all. */
export interface EntranceFlags {
  readonly to: string | undefined;
  readonly yes: boolean;
  readonly 'dry-run'?: boolean;
  readonly write?: string | undefined;
}

/** Where a change would enter, and which cluster that is. Refuses a change that nobody will be able to confirm. */
export async function enter(session: Session, flags: EntranceFlags): Promise<{ node: NodeAddress; place: Place }> {
  if (flags['dry-run'] !== true && flags.write === undefined) requireConfirmable(session.cluster, flags.yes);
  const node = await chosenNode(session, flags.to);
  // Where none was named, one that others hear was chosen if any answers.
  const others = flags.to === undefined ? [] : knownNodes(session.cluster).filter(({ id }) => id !== node.id);
  await requireHeard(node, others, session.client);
  return { node, place: await placeOf(session.cluster, session.client, node) };
}

export function placeJson({ cluster, clusterId, lab, nodes }: Place) {
  return { cluster, clusterId, lab, clusterNodes: nodes };
}

/** Said once a node has it; whoever does not wait hears how to. */
export function entranceText(name: string, node: NodeAddress, isWaiting: boolean): string {
  return `It entered at ${node.name || node.address} and spreads by gossip${isWaiting ? '.' : `; follow it with 'gossip rollout ${name}'.`}`;
}

export async function deliver(command: Speaker, delivery: Delivery): Promise<DeployedJson> {
  const { session, node, place, code, waiting } = delivery;
  const key = await signing(session);
  const { draft, isTold } = await confirmed(command, delivery, key);
  const deployed = await withPassage(command, node, (onPassage) => deploy(key, session.client, node, draft, code, onPassage));
  const injectedAt = new Date().toISOString();
  // After an error there are its two lines alone.
  command.remark(`${placeText(place)}.`);
  await sayForgotten(command, session.cluster, deployed);
  if (!isTold) for (const remark of delivery.remarks) command.remark(remark);
  delivery.onInjected(deployed);
  const { number, module } = deployed.record.deployment;
  const json = {
    deployment: deployed.name,
    ...placeJson(place),
    number,
    module,
    code: deployed.record.deployment.code?.hash ?? null,
    injectedAt,
    node: node.name || node.address,
  };
  return waiting === undefined ? json : follow(command, session, [node], deployed, waiting, json);
}

/** The draft, once it is confirmed: bound to what was shown where a person took time to look at it. */
async function confirmed(command: Speaker, delivery: Delivery, { key, floor }: Signing): Promise<{ draft: Draft; isTold: boolean }> {
  const { place, draft, known, remarks, yes } = delivery;
  const { cluster } = delivery.session;
  // It will be refused before anything is sent: nothing to be asked about.
  if (roleOf(cluster.root.root, 'deploy').threshold > 1) return { draft, isTold: false };
  const change = changeLines(draft, `d${nextSequence(known, floor)}`, known);
  const lines = [entranceKnows(place), ...change, ...remarks, `signed by ${keyText(cluster.root.root, key.keyid)}`];
  const how = await confirm(command, { cluster, lines, yes });
  const after = known.newest(draft.module)?.hash ?? null;
  return { draft: how === 'asked' ? { ...draft, after } : draft, isTold: how !== 'untold' };
}

/** Says where the node knew less than was seen before, and keeps what has been seen now. */
async function sayForgotten(command: Speaker, { directory }: OperatorCluster, { record, records }: Deployed): Promise<void> {
  const known = records.all.find(({ hash }) => hash !== record.hash)?.deployment.number.sequence ?? 0;
  const remark = forgottenRemark(known, highestSeen(directory));
  if (remark !== null) command.remark(remark);
  await keepHighest(directory, records.highestSequence);
}

/** Waits; whatever the end, it is told, and `--json` prints it beside `json`. */
export async function follow<Json extends object>(
  command: Speaker,
  session: Session,
  first: readonly NodeAddress[],
  deployed: Pick<Deployed, 'name' | 'record'>,
  waiting: Waiting,
  json: Json,
  watching?: Watching,
): Promise<Json & { readonly converged: ConvergedJson }> {
  const { name } = deployed;
  try {
    const converged = await converge(
      session,
      first,
      deployed,
      waiting,
      command.json,
      (seen) => {
        command.remark(`${name} goes on without this command; follow it again with: gossip rollout ${name}`);
        if (command.json) command.logJson({ ...json, converged: seen });
      },
      watching,
    );
    command.remark(convergedText(name, converged));
    return { ...json, converged };
  } catch (thrown) {
    if (thrown instanceof NotConverged) throw thrown.beside(json);
    throw thrown;
  }
}
