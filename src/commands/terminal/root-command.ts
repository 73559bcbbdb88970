/** What the commands share that change the root: all of them say what changes and who signs before they act, and write a file where others must sign too. */
import { Flags } from '@oclif/core';
import { GossipError } from '../../model/errors.ts';
import type { OperatorClient } from '../../operator/client/client.ts';
import { openOperatorKey } from '../../operator/cluster/clusters.ts';
import type { OperatorCluster } from '../../operator/cluster/clusters.ts';
import type { RootEdit } from '../../operator/cluster/operator-edits.ts';
import { lackingRole } from '../../operator/cluster/lacking-role.ts';
import { findHeard, refreshFromHeard } from '../../operator/cluster/decisions.ts';
import type { Known } from '../../operator/cluster/decisions.ts';
import { injectRoot, refreshRoot } from '../../operator/cluster/root-change.ts';
import type { Refreshed } from '../../operator/cluster/root-change.ts';
import { entranceOf, requireAware } from '../../operator/cluster/root-entrance.ts';
import { packRootFile } from '../../operator/cluster/root-files.ts';
import type { RootProposal } from '../../operator/cluster/root-files.ts';
import { finishRoot, missingOf, proposalLines, proposalText, proposalView, proposeRoot } from '../../operator/cluster/root-plan.ts';
import { keepSteps } from '../../operator/cluster/root-steps.ts';
import { isKeyThere } from '../../operator/cluster/own-key.ts';
import { checkFree } from '../../operator/deploy/free-place.ts';
import { writeNamed } from '../../operator/files/written-file.ts';
import type { Session } from '../../operator/settings/session.ts';
import type { PrivateKey } from '../../trust/keys.ts';
import { BaseCommand } from './base-command.ts';
import { confirm, requireConfirmable } from './confirm.ts';
import { clusterFlag, signerFlag, yesFlag } from './flags.ts';

/** Of every command that changes the root. */
export const rootFlags = {
  cluster: clusterFlag,
  yes: yesFlag,
  signer: signerFlag,
  'dry-run': Flags.boolean({ default: false, summary: 'Only show what would change.', exclusive: ['write'] }),
  write: Flags.string({
    summary: 'Write the change, signed as far as it can be here, to a file instead of making it: others may have to sign it first.',
    helpValue: 'FILE',
  }),
};

export interface RootFlags {
  readonly cluster: string | undefined;
  readonly yes: boolean;
  readonly 'dry-run': boolean;
  readonly write: string | undefined;
}

interface Entering {
  readonly cluster: Pick<OperatorCluster, 'name'>;
  readonly client: OperatorClient;
  readonly refreshed: Known;
}

interface Making {
  readonly yes: boolean;
  /** Where it enters; by default at a rendezvous node. */
  readonly to?: string | undefined;
  /** What to do where signatures are missing. */
  readonly advice?: string;
}

export interface RootChanging {
  readonly edit: RootEdit;
  /** Who signs; by default the operator's own key. */
  readonly signers?: (cluster: OperatorCluster) => Promise<readonly PrivateKey[]>;
  /** Called once the change is durable on a node. */
  readonly onEntered?: () => Promise<void>;
}

export abstract class RootCommand extends BaseCommand {
  /** Changes the root of the cluster that the flags name. */
  protected changeRoot(flags: RootFlags, edit: RootEdit) {
    return this.withCluster(flags.cluster, (session) => this.changeRootIn(session, flags, () => Promise.resolve({ edit })));
  }

  /** `changing` is given the newest root of the cluster. */
  protected async changeRootIn(
    { cluster: given, client }: Session,
    flags: RootFlags,
    changing: (cluster: OperatorCluster) => Promise<RootChanging>,
  ) {
    if (flags.write !== undefined) await checkFree(flags.write);
    else if (!flags['dry-run']) requireConfirmable(given, flags.yes);
    const refreshed = await refreshFromHeard(given, client);
    const { cluster } = refreshed;
    requireAware(refreshed);
    const { edit, signers, onEntered } = await changing(cluster);
    const change = { ...edit(cluster.root.root), created: Date.now() };
    // What is refused is refused before anybody is asked for a passphrase.
    const unsigned = proposeRoot(cluster.root, change, []);
    if (flags['dry-run']) return this.#tell(unsigned, given.name, { dryRun: true });
    const keys = await (signers ?? this.#ownKey(flags))(cluster);
    const proposal = proposeRoot(cluster.root, change, keys);
    const [own] = keys;
    if (own !== undefined && flags.write === undefined && proposal.signers.length === 0)
      throw lackingRole(cluster, own, 'root', 'change the root of');
    if (flags.write !== undefined) return this.#write(proposal, given.name, flags.write);
    const told = await this.makeRoot({ cluster: given, client, refreshed }, proposal, { yes: flags.yes });
    await onEntered?.();
    return told;
  }

  /** Has a change confirmed that enough have signed, and makes it. */
  protected async makeRoot({ cluster: { name }, client, refreshed }: Entering, proposal: RootProposal, { to, yes, advice }: Making) {
    const root = finishRoot(proposal, advice);
    const { cluster } = refreshed;
    const entrance = entranceOf(refreshed, to === undefined ? undefined : await findHeard(to, refreshed, client));
    const how = await confirm(this.speaker, { cluster, lines: proposalLines(proposal), yes });
    if (how === 'untold') for (const line of proposalText(proposal, name)) this.remark(line);
    if (how === 'asked') await this.#requireUnmoved(refreshed, client);
    await injectRoot(client, entrance, root);
    await keepSteps(cluster.directory, root);
    const node = entrance.node.name || entrance.node.address;
    this.say(`Root ${root.root.version} of '${name}' (${root.cluster.slice(0, 12)}) entered at ${node} and spreads by gossip`);
    this.remark('Who holds it: gossip cluster show');
    return { ...proposalJson(proposal, name), node };
  }

  /** What was agreed to was shown: others may have changed the root while the question stood. */
  async #requireUnmoved({ cluster }: Refreshed, client: OperatorClient): Promise<void> {
    const { root } = (await refreshRoot(cluster, client)).cluster;
    if (root.root.version === cluster.root.root.version) return;
    throw new GossipError('GOSSIP_E_ROOT_VERSION', `somebody made version ${root.root.version} of the root meanwhile; nothing was changed`);
  }

  #tell<More extends object>(proposal: RootProposal, name: string, more: More) {
    this.say(...proposalText(proposal, name));
    return { ...proposalJson(proposal, name), ...more };
  }

  async #write(proposal: RootProposal, name: string, file: string) {
    await writeNamed(file, packRootFile(proposal.previous, proposal.envelope));
    const missing = missingOf(proposal);
    const told = this.#tell(proposal, name, { file, complete: missing === 0 });
    const lacking = `${missing} ${proposal.signers.length === 0 ? '' : 'more '}must sign`;
    const next = missing === 0 ? `gossip config inject ${file}` : `${lacking}: gossip config sign ${file}`;
    this.remark(`Written to ${file}; nothing was changed. Next: ${next}`);
    return told;
  }

  /** Whoever has no key can still write down what others are to sign. */
  #ownKey(flags: RootFlags): (cluster: OperatorCluster) => Promise<readonly PrivateKey[]> {
    return async (cluster) => {
      if (flags.write !== undefined && !(await isKeyThere(cluster, this.keyOwner))) return [];
      return [await openOperatorKey(cluster, this.keyOwner)];
    };
  }
}

/** What `--json` tells of a change. */
function proposalJson(proposal: RootProposal, name: string) {
  const { cluster, ...view } = proposalView(proposal);
  return { cluster: name, clusterId: cluster, ...view };
}
