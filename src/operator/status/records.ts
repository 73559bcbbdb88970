/** The records of a cluster as an operator knows them: fetched from nodes, verified here, named d1, d2, … */
import { GossipError } from '../../model/errors.ts';
import { compareDeployments, deploymentName } from '../../model/deployment.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { DeploymentNumber } from '../../model/deployment-number.ts';
import type { ModuleName, NodeId, PayloadHash } from '../../model/names.ts';
import { counted } from '../../model/stretch.ts';
import { makeVerifier } from '../../trust/deployment.ts';
import { inSlices } from '../../trust/slices.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import { compareNumbers } from '../../model/deployment-number.ts';

const NAME = /^d([1-9]\d{0,12})(?:@([a-z0-9][a-z0-9.-]{0,62}))?$/;

const verifiers = new WeakMap<TrustedRoot, (envelope: unknown) => VerifiedDeployment>();

/** The one verifier of a command: a record is verified once, however many nodes show it and however often they are asked. */
export function verifierOf(root: TrustedRoot): (envelope: unknown) => VerifiedDeployment {
  const verify = verifiers.get(root) ?? makeVerifier(root);
  verifiers.set(root, verify);
  return verify;
}

/** Names of nodes, for origins. */
export type NodeNames = ReadonlyMap<NodeId, string>;

export class Records {
  /** Those that count, newest first: one whose number leaps is no deployment of anybody (attack A15). */
  readonly all: readonly VerifiedDeployment[];
  readonly #names: NodeNames;
  /** There may be thousands of modules, most of them removed long ago. */
  readonly #bySequence: ReadonlyMap<number, readonly VerifiedDeployment[]>;
  readonly #byModule: ReadonlyMap<ModuleName, readonly VerifiedDeployment[]>;
  readonly #byHash: ReadonlyMap<PayloadHash, VerifiedDeployment>;

  private constructor(all: readonly VerifiedDeployment[], names: NodeNames) {
    this.all = all;
    this.#names = names;
    this.#bySequence = Map.groupBy(all, ({ deployment }) => deployment.number.sequence);
    this.#byModule = Map.groupBy(all, ({ deployment }) => deployment.module);
    this.#byHash = new Map(all.map((record) => [record.hash, record]));
  }

  /** Verifies every envelope (law 2); a node that shows one which fails is not believed at all. */
  static async verified(envelopes: readonly unknown[], root: TrustedRoot, names: NodeNames): Promise<Records> {
    return Records.of(await inSlices(envelopes, verifierOf(root)), names);
  }

  static of(records: readonly VerifiedDeployment[], names: NodeNames): Records {
    const distinct = new Map<PayloadHash, VerifiedDeployment>();
    for (const record of records) distinct.set(record.hash, record);
    return new Records(
      counted([...distinct.values()]).toSorted((a, b) => compareDeployments(b, a)),
      names,
    );
  }

  get highestSequence(): number {
    return this.all.reduce((highest, { deployment }) => Math.max(highest, deployment.number.sequence), 0);
  }

  /** Each module once, by name. */
  get modules(): readonly ModuleName[] {
    return [...this.#byModule.keys()].sort();
  }

  newest(module: ModuleName): VerifiedDeployment | undefined {
    return this.#byModule.get(module)?.[0];
  }

  /** Newest first. */
  ofModule(module: ModuleName): readonly VerifiedDeployment[] {
    return this.#byModule.get(module) ?? [];
  }

  byHash(hash: PayloadHash): VerifiedDeployment | undefined {
    return this.#byHash.get(hash);
  }

  byNumber(number: DeploymentNumber): VerifiedDeployment | undefined {
    return this.#ofSequence(number.sequence).find(({ deployment }) => compareNumbers(deployment.number, number) === 0);
  }

  /** `d3`, or `d3@rendezvous1` where a partition made two of one sequence, or `d3@counter` where a file of another module was injected later. */
  name(record: VerifiedDeployment): string {
    const twins = this.#ofSequence(record.deployment.number.sequence);
    return twins.length > 1 ? this.#longName(record) : deploymentName(record.deployment);
  }

  /** The record that an operator names; refuses a bare `d3` where there are two. */
  find(text: string): VerifiedDeployment {
    const [, sequence, origin] = NAME.exec(text) ?? [];
    if (sequence === undefined) throw new GossipError('GOSSIP_E_DEPLOYMENT_NAME', `'${text}' is not a deployment`);
    const twins = this.#ofSequence(Number(sequence));
    const named = origin === undefined ? twins : twins.filter((record) => this.#isCalled(record, origin));
    if (named.length > 1) {
      const names = named.map((record) => this.#longName(record)).join(' and ');
      throw new GossipError('GOSSIP_E_DEPLOYMENT_AMBIGUOUS', `'${text}' may be ${names}`);
    }
    const [record] = named;
    if (record === undefined) throw new GossipError('GOSSIP_E_DEPLOYMENT_UNKNOWN', `there is no deployment '${text}'`);
    return record;
  }

  /** The node where a record entered: its name, or the begin of its id where that is all that is known. */
  origin({ deployment }: VerifiedDeployment): string {
    const { origin } = deployment.number;
    return this.#names.get(origin) || origin.slice(0, 12);
  }

  /** By where it entered; by its module where several of one sequence entered at one node. */
  #longName(record: VerifiedDeployment): string {
    const { module, number } = record.deployment;
    const twins = this.#ofSequence(number.sequence).filter(({ hash }) => hash !== record.hash);
    const byOrigin = twins.every(({ deployment }) => deployment.number.origin !== number.origin);
    const byModule = twins.every(({ deployment }) => deployment.module !== module);
    return `${deploymentName(record.deployment)}@${!byOrigin && byModule ? module : this.origin(record)}`;
  }

  #ofSequence(sequence: number): readonly VerifiedDeployment[] {
    return this.#bySequence.get(sequence) ?? [];
  }

  #isCalled({ deployment }: VerifiedDeployment, name: string): boolean {
    const { origin } = deployment.number;
    return deployment.module === name || this.#names.get(origin) === name || (name.length >= 8 && origin.startsWith(name));
  }
}
