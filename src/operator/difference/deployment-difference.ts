/** In what two deployments of a module differ: files, settings, and who made them. */
import type { VerifiedDeployment } from '../../model/deployment.ts';
import { GossipError, toGossipError } from '../../model/errors.ts';
import type { Failure } from '../../model/errors.ts';
import type { NodeAddress, NodeApi } from '../client/client.ts';
import type { CodeSource } from '../deploy/code-source.ts';
import { findCode } from '../deploy/rollback.ts';
import { entryOf } from '../status/history.ts';
import type { HistoryEntry } from '../status/history.ts';
import type { Records } from '../status/records.ts';
import { codeDifference } from './code-difference.ts';
import type { FileDifference } from './code-difference.ts';
import { settingsDifference } from './settings-difference.ts';
import type { SettingDifference } from './settings-difference.ts';

export interface DeploymentDifference {
  readonly before: HistoryEntry;
  readonly after: HistoryEntry;
  /** Null where the code of one is on no node any more; then `untold` says so. */
  readonly files: readonly FileDifference[] | null;
  readonly untold: Failure | null;
  readonly settings: readonly SettingDifference[];
}

/** The two that an operator names; or one, and the one before it of the same module. */
export function twoOf(
  records: Records,
  [first, second]: readonly [string, string | undefined],
): readonly [VerifiedDeployment, VerifiedDeployment] {
  const named = records.find(first);
  const { module } = named.deployment;
  if (second === undefined) return [predecessor(records, named), named];
  const other = records.find(second);
  if (other.deployment.module === module) return [named, other];
  throw new GossipError(
    'GOSSIP_E_USAGE',
    `${records.name(named)} is a deployment of ${module}, and ${records.name(other)} of ${other.deployment.module}`,
    { advice: `Name two of one module: 'gossip history --module ${module}'.` },
  );
}

/** `nodes` are asked for the code, in this order. `lines`: what has changed in each file, too. */
export async function deploymentDifference(
  [before, after]: readonly [VerifiedDeployment, VerifiedDeployment],
  records: Records,
  { nodes, api, lines }: { readonly nodes: readonly NodeAddress[]; readonly api: NodeApi; readonly lines: boolean },
): Promise<DeploymentDifference> {
  const told = { before: entryOf(before, records), after: entryOf(after, records) };
  const settings = settingsDifference(before.deployment.settings, after.deployment.settings);
  if (told.before.code === told.after.code) return { ...told, files: [], untold: null, settings };
  const source = (record: VerifiedDeployment): Promise<CodeSource | null> =>
    record.deployment.code === null ? Promise.resolve(null) : findCode(record, nodes, api);
  try {
    const files = await codeDifference(await source(before), await source(after), { lines });
    return { ...told, files, untold: null, settings };
  } catch (thrown) {
    const { code, message } = toGossipError(thrown);
    return { ...told, files: null, untold: { code, message }, settings };
  }
}

function predecessor(records: Records, record: VerifiedDeployment): VerifiedDeployment {
  const { module } = record.deployment;
  const ofModule = records.ofModule(module);
  const found = ofModule[ofModule.indexOf(record) + 1];
  if (found !== undefined) return found;
  throw new GossipError('GOSSIP_E_DEPLOYMENT_UNKNOWN', `${records.name(record)} is the first deployment of ${module} that is known`, {
    advice: 'Name the one to compare it with, too.',
  });
}
