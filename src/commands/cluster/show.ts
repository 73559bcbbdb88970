/** `gossip cluster show`: the root, and who holds it. */
import { knownNotes } from '../../operator/cluster/decisions.ts';
import { rootView } from '../../operator/cluster/root-view.ts';
import type { NodeRootView, RootView } from '../../operator/cluster/root-view.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { clusterFlag } from '../terminal/flags.ts';
import { drawTable } from '../terminal/table.ts';

export default class ClusterShow extends BaseCommand {
  static override summary = 'Show the root of the cluster: its version, keys, roles and rendezvous nodes, and which nodes are behind.';
  static override description = `Asks every node that can be found, and takes over the newest root that their steps lead to: each is verified against the one before. Nodes that hold an older root are named; they come up by gossip. Those that were revoked, were forgotten or have left are not waited for.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'For programs', command: '<%= config.bin %> <%= command.id %> --json' },
  ];
  static override flags = { cluster: clusterFlag };

  override async run() {
    const { flags } = await this.parse(ClusterShow);
    const view = await this.withCluster(flags.cluster, async ({ cluster, client }) => rootView(await knownNotes(cluster, client)));
    this.say(`Root ${view.version} of '${view.name}' (${view.cluster.slice(0, 12)}), trust epoch ${view.epoch}`, '');
    this.show(drawTable(keyTable(view)));
    const { root, deploy, admit } = view.thresholds;
    this.say('', `Signatures needed: root ${root}, deploy ${deploy}, admit ${admit}`);
    this.say(`Rendezvous nodes: ${view.rendezvous.map(({ name, address }) => `${name} at ${address}`).join(', ') || 'none'}`);
    for (const line of standing(view)) this.say(line);
    for (const warning of view.warnings) this.remark(warning);
    return view;
  }
}

function keyTable({ keys }: RootView): Parameters<typeof drawTable>[0] {
  const rows = keys.map(({ keyid, name, roles, signed }) => [
    { text: keyid.slice(0, 12) },
    { text: name ?? '' },
    { text: roles.join(', ') },
    { text: signed ? 'signed this version' : '' },
  ]);
  return { head: ['key', 'name', 'roles', ''], rows, spare: [] };
}

function standing({ version, holding, behind, apart, unaware, silent, revoked, left }: RootView): string[] {
  const named = (nodes: readonly NodeRootView[]): string => nodes.map((node) => `${node.name} (${node.version})`).join(', ');
  return [
    `Nodes that hold version ${version}: ${holding}`,
    ...(behind.length > 0 ? [`Behind: ${named(behind)}`] : []),
    ...(apart.length > 0 ? [`Another root, for two of one version were signed: ${named(apart)}. One of both: gossip cluster recover`] : []),
    ...(unaware.length > 0 ? [`Know of the first root only, until their program is updated: ${named(unaware)}`] : []),
    ...(silent.length > 0 ? [`No answer: ${silent.join(', ')}`] : []),
    ...(left.length > 0 ? [`Left: ${left.join(', ')}`] : []),
    ...(revoked.length > 0 ? [`Revoked, and not counted: ${revoked.join(', ')}`] : []),
  ];
}
