/**
 * What a cluster is to run after a key was stolen. What the stolen key signed cannot be told from what its owner signed with it: so either somebody else signed
 * too, or the operator names the last deployment from before the theft.
 */
import { parseCount } from '../../../model/count.ts';
import type { VerifiedDeployment } from '../../../model/deployment.ts';
import { GossipError } from '../../../model/errors.ts';
import type { ModuleName } from '../../../model/names.ts';
import { opensStateEpoch } from '../../../gossip/kept-records.ts';
import type { Records } from '../../status/records.ts';
import { requireModule } from '../../status/survey.ts';

export interface Wishes {
  /** Of some modules the deployment that is wanted, as `d17`. */
  readonly keep: ReadonlyMap<ModuleName, string>;
  /** Of the others the newest that is not above this one, whoever signed it. */
  readonly until: string | undefined;
  readonly remove: ReadonlySet<ModuleName>;
  /** Modules whose state is thrown away. */
  readonly scrub: ReadonlySet<ModuleName>;
}

/** A module that the new trust epoch names. */
export interface Wanted {
  readonly module: ModuleName;
  /** The newest deployment of it now. */
  readonly from: VerifiedDeployment;
  /** The one whose code and settings go on; one that removed it, or null: it is removed. */
  readonly kept: VerifiedDeployment | null;
  /** Why no state goes on; null: it does. */
  readonly stateless: 'asked' | 'scrubbed' | 'removed' | null;
}

export interface Choice {
  /** By name. */
  readonly wanted: readonly Wanted[];
  /** Modules of which nobody can tell what is wanted. */
  readonly undecided: readonly ModuleName[];
}

/** `stolen`: ids of the keys that may be in a thief's hands. */
export function chooseWanted(records: Records, stolen: ReadonlySet<string>, wishes: Wishes): Choice {
  const { keep, until, remove, scrub } = wishes;
  for (const module of [...keep.keys(), ...remove, ...scrub]) requireModule(records, module);
  for (const module of remove) {
    const other = keep.has(module) ? '--keep' : scrub.has(module) ? '--scrub' : null;
    if (other !== null) throw new GossipError('GOSSIP_E_USAGE', `${module} is named in --remove and in ${other}`);
  }
  const last = until === undefined ? null : lastOf(records, until);
  const wanted: Wanted[] = [];
  const undecided: ModuleName[] = [];
  for (const module of records.modules) {
    const chosen = remove.has(module) ? null : choose(records, module, keep.get(module), last, stolen);
    if (chosen === undefined) undecided.push(module);
    else wanted.push(wantedOf(records, module, chosen, scrub.has(module)));
  }
  return { wanted, undecided };
}

/** Whether thieves could have made the record alone. */
export function isSuspect({ envelope }: VerifiedDeployment, stolen: ReadonlySet<string>): boolean {
  return envelope.signatures.every(({ keyid }) => stolen.has(keyid));
}

function choose(
  records: Records,
  module: ModuleName,
  named: string | undefined,
  last: number | null,
  stolen: ReadonlySet<string>,
): VerifiedDeployment | null | undefined {
  if (named !== undefined) return ofModule(records, named, module);
  const all = records.ofModule(module);
  // A module that came later came with the thief.
  if (last !== null) return all.find(({ deployment }) => deployment.number.sequence <= last) ?? null;
  return all.find((record) => !isSuspect(record, stolen));
}

function wantedOf(records: Records, module: ModuleName, kept: VerifiedDeployment | null, isAsked: boolean): Wanted {
  const all = records.ofModule(module);
  const from = all[0] as VerifiedDeployment;
  if (kept === null || kept.deployment.code === null) return { module, from, kept, stateless: 'removed' };
  // Nodes forget the mark that tells older state from newer: what slept through the scrub would bring back what it threw away (law 3).
  const wasScrubbed = all.slice(all.indexOf(kept)).some(opensStateEpoch);
  return { module, from, kept, stateless: isAsked ? 'asked' : wasScrubbed ? 'scrubbed' : null };
}

function ofModule(records: Records, name: string, module: ModuleName): VerifiedDeployment {
  const record = records.find(name);
  if (record.deployment.module === module) return record;
  throw new GossipError('GOSSIP_E_DEPLOYMENT_UNKNOWN', `${name} is a deployment of ${record.deployment.module}, not of ${module}`, {
    advice: `List those of it with 'gossip history --module ${module}'.`,
  });
}

/** The thief may have crowded out the very record; its number is enough, where there is any up to it. */
function lastOf(records: Records, text: string): number {
  const [, digits] = /^d([1-9]\d{0,12})$/.exec(text) ?? [];
  if (digits === undefined) throw new GossipError('GOSSIP_E_DEPLOYMENT_NAME', `'${text}' is not a deployment`);
  const last = parseCount(digits, {});
  if (records.all.some(({ deployment }) => deployment.number.sequence <= last)) return last;
  throw new GossipError('GOSSIP_E_DEPLOYMENT_UNKNOWN', `no deployment is known up to ${text}`, {
    advice: "Look at 'gossip history': perhaps the cluster was recovered already, or later deployments have crowded them out.",
  });
}
