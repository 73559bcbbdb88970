/** What the commands share that change the root: all of them say what changes and who signs before they act, and write a file where others must sign too. */
import { Flags } from '@oclif/core';
import { openOperatorKey } from '../../operator/cluster/clusters.ts';
import type { OperatorCluster } from '../../operator/cluster/clusters.ts';
import type { RootEdit } from '../../operator/cluster/operator-edits.ts';
import { injectRoot, refreshRoot } from '../../operator/cluster/root-change.ts';
import type { RootHolder } from '../../operator/cluster/root-change.ts';
import { entranceOf, requireAware } from '../../operator/cluster/root-entrance.ts';
import { packRootFile } from '../../operator/cluster/root-files.ts';
import type { RootProposal } from '../../operator/cluster/root-files.ts';
import { finishRoot, proposalLines, proposalView, proposeRoot } from '../../operator/cluster/root-plan.ts';
import { keepSteps } from '../../operator/cluster/root-steps.ts';
import { isKeyThere } from '../../operator/cluster/own-key.ts';
import { checkWritable, writeNamed } from '../../operator/files/written-file.ts';
import type { Session } from '../../operator/settings/session.ts';
import type { PrivateKey } from '../../trust/keys.ts';
import { BaseCommand } from './base-command.ts';
import { clusterFlag, signerFlag } from './flags.ts';

/** Of every command that changes the root. */
export const rootFlags = {
  cluster: clusterFlag,
  signer: signerFlag,
  'dry-run': Flags.boolean({ default: false, summary: 'Only show what would change.', exclusive: ['write'] }),
  write: Flags.string({
    summary: 'Write the change, signed as far as it can be here, to a file instead of making it: others may have to sign it first.',
    helpValue: 'FILE',
  }),
};

export interface RootFlags {
  readonly cluster: string | undefined;
  readonly 'dry-run': boolean;
  readonly write: string | undefined;
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
  protected changeRoot(flags: RootFlags, edit: RootEdit): Promise<object> {
    return this.withCluster(flags.cluster, (session) => this.changeRootIn(session, flags, () => Promise.resolve({ edit })));
  }

  /** `changing` is given the newest root of the cluster. */
  protected async changeRootIn(
    { cluster: given, client }: Session,
    flags: RootFlags,
    changing: (cluster: OperatorCluster) => Promise<RootChanging>,
  ): Promise<object> {
    if (flags.write !== undefined) await checkWritable(flags.write);
    const refreshed = await refreshRoot(given, client);
    const { cluster } = refreshed;
    requireAware(refreshed);
    const { edit, signers, onEntered } = await changing(cluster);
    const change = { ...edit(cluster.root.root), created: Date.now() };
    // What is refused is refused before anybody is asked for a passphrase.
    const unsigned = proposeRoot(cluster.root, change, []);
    if (flags['dry-run']) return this.#tell(unsigned, given.name, { dryRun: true });
    const proposal = proposeRoot(cluster.root, change, await (signers ?? this.#ownKey(flags))(cluster));
    if (flags.write !== undefined) return this.#write(proposal, given.name, flags.write);
    const entrance = entranceOf(refreshed);
    this.sayProposal(proposal, given.name);
    const root = finishRoot(proposal);
    await injectRoot(client, entrance, root);
    await keepSteps(cluster.directory, root);
    await onEntered?.();
    return this.sayEntered(proposal, given.name, entrance);
  }

  /** Said before anything happens. */
  protected sayProposal(proposal: RootProposal, name: string): void {
    for (const line of proposalLines(proposal, name)) this.say(line);
    for (const warning of proposalView(proposal).warnings) this.remark(warning);
  }

  protected sayEntered(proposal: RootProposal, name: string, { node }: RootHolder): object {
    const entered = node.name || node.address;
    this.remark(`It entered at ${entered} and spreads by gossip; who holds it: gossip cluster show`);
    const { cluster, ...view } = proposalView(proposal);
    return { cluster: name, clusterId: cluster, ...view, node: entered };
  }

  #tell(proposal: RootProposal, name: string, more: object): object {
    this.sayProposal(proposal, name);
    const { cluster, ...view } = proposalView(proposal);
    return { cluster: name, clusterId: cluster, ...view, ...more };
  }

  async #write(proposal: RootProposal, name: string, file: string): Promise<object> {
    await writeNamed(file, packRootFile(proposal.previous, proposal.envelope));
    const { missing } = proposalView(proposal);
    const told = this.#tell(proposal, name, { file, complete: missing === 0 });
    const next =
      missing === 0
        ? `gossip config inject ${file}`
        : `${missing} ${proposal.signers.length === 0 ? '' : 'more '}must sign: gossip config sign ${file}`;
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
