/** `gossip cluster tokens`: the join tokens that were made here, and those that were revoked. */
import { NoteBook } from '../../gossip/note-book.ts';
import { openCluster } from '../../operator/cluster/clusters.ts';
import type { OperatorCluster } from '../../operator/cluster/clusters.ts';
import { knownNotes } from '../../operator/cluster/decisions.ts';
import { madeTokens } from '../../operator/cluster/made-tokens.ts';
import { tokenList } from '../../operator/cluster/token-list.ts';
import type { TokenLine } from '../../operator/cluster/token-list.ts';
import { openSettings } from '../../operator/settings/settings.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { clusterFlag } from '../terminal/flags.ts';
import { drawTable } from '../terminal/table.ts';

export default class ClusterTokens extends BaseCommand {
  static override summary = 'List the join tokens that were made here, until when they admit, and which were revoked.';
  static override description = `Tokens are named by their fingerprints; the tokens themselves are kept nowhere. What other operators made is known to them alone, until it is revoked: for that every node that can be found is asked. Where none answers, the list is what is noted here, and that is said.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'For programs', command: '<%= config.bin %> <%= command.id %> --json' },
  ];
  static override flags = { cluster: clusterFlag };

  override async run() {
    const { flags } = await this.parse(ClusterTokens);
    const cluster = await openCluster(openSettings(), flags.cluster);
    const made = await madeTokens(cluster);
    if (cluster.admission === null) {
      this.remark(`Nodes of '${cluster.name}' do not know you, so that none is asked: what was revoked elsewhere is not known.`);
      return this.#tell(cluster, 0, tokenList(made, new NoteBook(), cluster.root, Date.now()));
    }
    return this.withCluster(flags.cluster, async ({ client }) => {
      const known = await knownNotes(cluster, client);
      const answered = known.holders.length;
      if (answered === 0) this.remark('No node answers: what was revoked elsewhere is not known.');
      return this.#tell(cluster, answered, tokenList(made, known.book, known.cluster.root, Date.now()));
    });
  }

  #tell({ root }: OperatorCluster, answered: number, tokens: readonly TokenLine[]) {
    if (tokens.length === 0) this.say("No token was made here: 'gossip cluster join-token' makes one.");
    else this.show(drawTable({ head: ['token', 'state', 'made', 'admits until', 'revoked'], rows: tokens.map(rowOf), spare: [] }));
    return { cluster: root.cluster, answered, tokens };
  }
}

function rowOf({ fingerprint, state, made, expires, revoked }: TokenLine): { text: string }[] {
  const by = revoked === null || revoked.author === null || revoked.author === '' ? '' : `by ${revoked.author} `;
  return [fingerprint.slice(0, 12), state, made ?? '-', expires ?? '-', revoked === null ? '' : `${by}at ${revoked.time}`].map((text) => ({
    text,
  }));
}
