/** `gossip nodes`: every node that is known, and what operators have decided of it. */
import { knownNotes } from '../operator/cluster/decisions.ts';
import { nodeList, tokensShown } from '../operator/cluster/node-list.ts';
import type { NodeLine, NoteLine } from '../operator/cluster/node-list.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { DONE } from './terminal/decided.ts';
import { clusterFlag } from './terminal/flags.ts';
import { drawTable } from './terminal/table.ts';

export default class Nodes extends BaseCommand {
  static override summary =
    'List the nodes that are known, by which token they came, and which have left, or were admitted by id, revoked or forgotten: by whom and when.';
  static override description = `Asks every node that can be found for the notes that operators have signed: what holds of a node by a note stands beside it. Nodes that joined with a token have none; the token stands there by its fingerprint, as in 'gossip cluster tokens', where the node answers and shows it. An operator's identity that was revoked is listed likewise.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'For programs', command: '<%= config.bin %> <%= command.id %> --json' },
  ];
  static override flags = { cluster: clusterFlag };

  override async run() {
    const { flags } = await this.parse(Nodes);
    const list = await this.withCluster(flags.cluster, async ({ cluster, client }) => {
      const known = await knownNotes(cluster, client);
      return nodeList(known, await tokensShown(known, client));
    });
    this.show(drawTable({ head: ['node', 'id', 'state', 'token', 'decided'], rows: list.nodes.map(rowOf), spare: [] }));
    for (const { token, ...note } of list.tokens) this.say(`token ${token.slice(0, 12)} ${wordsOf(note)}`);
    return list;
  }
}

function rowOf({ id, name, rendezvous, state, token, notes }: NodeLine): { text: string }[] {
  const called = `${name || '-'}${rendezvous ? ' *' : ''}`;
  return [
    { text: called },
    { text: id.slice(0, 12) },
    { text: state },
    { text: token?.slice(0, 12) ?? '' },
    { text: notes.map(wordsOf).join('; ') },
  ];
}

function wordsOf({ kind, author, time }: NoteLine): string {
  return `${DONE[kind]}${author === '' ? '' : ` by ${author}`} at ${time}`;
}
