/** `gossip cluster revoke-token`: a join token admits nobody new from then on. */
import { Args } from '@oclif/core';
import { toGossipError } from '../../model/errors.ts';
import { readToken } from '../../node/token-source.ts';
import { knownNotes } from '../../operator/cluster/decisions.ts';
import { madeTokens, rememberRevoked } from '../../operator/cluster/made-tokens.ts';
import { fingerprintIn, tokenList } from '../../operator/cluster/token-list.ts';
import { NoteCommand, noteFlags } from '../terminal/note-command.ts';

export default class ClusterRevokeToken extends NoteCommand {
  static override summary = 'Revoke a join token: whoever shows it admits nobody new.';
  static override description = `For a token that got into wrong hands, or is no longer needed. Signs a note about the token, which gossip takes to all nodes: each of them refuses newcomers that show it as soon as it has heard. Nodes that were let in with it stay; 'gossip revoke NODE' ends one of them. It is not taken back: make another token.`;
  static override examples = [
    {
      description: 'By its fingerprint, of which 8 digits are enough where it was made',
      command: '<%= config.bin %> <%= command.id %> 3f0a1b2c',
    },
    { description: 'By the token itself', command: '<%= config.bin %> <%= command.id %> @gossip.token' },
  ];
  static override args = {
    token: Args.string({
      description: 'Fingerprint of the token, or the token itself: @FILE, or - for standard input.',
      required: true,
    }),
  };
  static override flags = noteFlags;

  override async run() {
    const { args, flags } = await this.parse(ClusterRevokeToken);
    const text = (await readToken(args.token)).trim();
    return this.withCluster(flags.cluster, async (session) => {
      const { cluster, client } = session;
      await this.requireFlags(session, flags);
      // A list that is damaged must not stand in the way of what is urgent.
      const made = await madeTokens(cluster).catch((thrown: unknown) => {
        this.remark(`What was made here is not known: ${toGossipError(thrown).message}`);
        return [];
      });
      const known = await knownNotes(cluster, client);
      const tokens = tokenList(made, known.book, known.cluster.root, Date.now());
      const subject = fingerprintIn(text, tokens, known.cluster.root);
      const until = tokens.find(({ fingerprint }) => fingerprint === subject)?.expires ?? null;
      const rest = until === null ? '' : `, which admits until ${until}`;
      const { json, decided } = await this.makeNote(session, known, flags, {
        decision: { kind: 'revoke-token', subject, name: '' },
        line: `revokes the join token ${subject.slice(0, 12)}${rest}: it admits nobody new`,
      });
      if (decided !== null && made.some(({ fingerprint }) => fingerprint === subject)) {
        await rememberRevoked(cluster, subject, decided.note.note.time).catch((thrown: unknown) =>
          this.remark(`Not noted for 'gossip cluster tokens': ${toGossipError(thrown).message}`),
        );
      }
      return json;
    });
  }
}
