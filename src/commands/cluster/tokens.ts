/** `gossip cluster tokens`: the join tokens that were made here, and those that were revoked. */
import { knownNotes } from '../../operator/cluster/decisions.ts';
import { madeTokens } from '../../operator/cluster/made-tokens.ts';
import { tokenList } from '../../operator/cluster/token-list.ts';
import type { TokenLine } from '../../operator/cluster/token-list.ts';
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

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(ClusterTokens);
    return this.withCluster(flags.cluster, async ({ cluster, client }) => {
      const made = await madeTokens(cluster);
      const known = await knownNotes(cluster, client);
      const answered = known.holders.length;
      const tokens = tokenList(made, known.book, known.cluster.root, Date.now());
      if (answered === 0) this.remark('No node answers: what was revoked elsewhere is not known.');
      if (tokens.length === 0) this.say("No token was made here: 'gossip cluster join-token' makes one.");
      else this.show(drawTable({ head: ['token', 'state', 'made', 'admits until', 'revoked'], rows: tokens.map(rowOf), spare: [] }));
      return { cluster: cluster.root.cluster, answered, tokens };
    });
  }
}

function rowOf({ fingerprint, state, made, expires, revoked }: TokenLine): { text: string }[] {
  const by = revoked === null || revoked.author === null || revoked.author === '' ? '' : `by ${revoked.author} `;
  return [fingerprint.slice(0, 12), state, made ?? '-', expires ?? '-', revoked === null ? '' : `${by}at ${revoked.time}`].map((text) => ({
    text,
  }));
}
