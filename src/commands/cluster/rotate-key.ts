/** `gossip cluster rotate-key`: exchanges a key of the root. */
import { Flags } from '@oclif/core';
import { openKeyInDirectory } from '../../operator/cluster/clusters.ts';
import type { OperatorCluster } from '../../operator/cluster/clusters.ts';
import { exchangeKey } from '../../operator/cluster/operator-edits.ts';
import { finishExchange, nextKey, requireOwnFile, takePlace } from '../../operator/cluster/own-key.ts';
import { readPublicKey } from '../../operator/cluster/public-key.ts';
import { refreshRoot } from '../../operator/cluster/root-change.ts';
import { givenPassphrase } from '../terminal/passphrase.ts';
import { RootCommand, rootFlags } from '../terminal/root-command.ts';
import type { RootChanging, RootFlags } from '../terminal/root-command.ts';
import { rolesFlag } from '../terminal/root-flags.ts';

export default class ClusterRotateKey extends RootCommand {
  static override summary = "Exchange a key of the root for another one: the operator's own, or one that --key names.";
  static override description = `Without --key, makes a new key and a version of the root in which it stands where yours stood, in every role, and lets gossip take that to every node. The new key is encrypted if GOSSIP_PASSPHRASE holds a passphrase; the old one is kept beside it, as operator.key.old; those of earlier exchanges are numbered, operator.key.old.1 being the first. With --key, the public key in --to takes the place of another operator's, in the roles that --role names or in all that it has.

Nodes take nothing new that the old key alone has signed, but it does not end with its exchange: whoever stole it and is a member can spread what it signs. This is for keys that nobody has stolen; a new trust epoch ends one that somebody may have. Every node must run a version of the program that knows of later roots; if one does not, nothing is changed.

Where several root keys must sign, write the change to a file. After your own exchange was injected from one, run this command once more: it puts the new key in place.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'With a name for the key', command: '<%= config.bin %> <%= command.id %> --name ada' },
    { description: "Another operator's key", command: '<%= config.bin %> <%= command.id %> --key bob --to bob-new.pub' },
    { description: 'In one role alone', command: '<%= config.bin %> <%= command.id %> --key bob --to bob-root.pub --role root' },
    { description: 'Where others must sign too', command: '<%= config.bin %> <%= command.id %> --write rotate.gossip' },
  ];
  static override flags = {
    name: Flags.string({ summary: 'What the new key is called in the root, for people; by default as the old one.', helpValue: 'NAME' }),
    key: Flags.string({
      summary: 'The key to exchange: its name, or 8 digits of its id. By default your own.',
      helpValue: 'NAME|KEYID',
      dependsOn: ['to'],
    }),
    to: Flags.string({ summary: 'Public key (PEM) that takes its place.', helpValue: 'FILE', dependsOn: ['key'] }),
    role: rolesFlag({ summary: 'Only in this role. Repeatable; by default in every role that the key has.', dependsOn: ['key'] }),
    ...rootFlags,
  };

  override async run() {
    const { flags } = await this.parse(ClusterRotateKey);
    const { key, to, role, name } = flags;
    if (key !== undefined && to !== undefined) return this.changeRoot(flags, exchangeKey(key, await readPublicKey(to), role, name));
    return this.#exchangeOwn(flags, name);
  }

  #exchangeOwn(flags: RootFlags, name: string | undefined) {
    requireOwnFile(this.keyOwner, 'rotate-key');
    return this.withCluster(flags.cluster, async (session) => {
      const { cluster } = await refreshRoot(session.cluster, session.client);
      const finished = await finishExchange(cluster, session.keyOwner);
      if (finished !== null) {
        this.say(`The exchange that was begun before is done: your key is ${finished.keyid.slice(0, 12)} now.`);
        this.remark("Copy the cluster's directory to its safe place again.");
        return { cluster: cluster.name, clusterId: cluster.root.cluster, version: cluster.root.root.version, after: finished.keyid };
      }
      const exchanged = { before: '', after: '', old: '' };
      const told = await this.changeRootIn(session, flags, async (newest): Promise<RootChanging> => {
        const [before, after] = await this.#keys(newest, !flags['dry-run']);
        Object.assign(exchanged, { before: before.keyid, after: after.keyid });
        return {
          edit: exchangeKey(before.keyid, after, undefined, name),
          signers: () => Promise.resolve([before, after]),
          onEntered: async () => void (exchanged.old = await takePlace(newest)),
        };
      });
      if (exchanged.old !== '') {
        this.remark(
          `The old key is kept in ${exchanged.old}. Keep it away from everybody: if somebody else may have it, end it with 'gossip cluster recover'.`,
        );
        this.remark("Copy the cluster's directory to its safe place again.");
      } else if (flags.write !== undefined) {
        this.remark("Your key stays in place until that was injected: run 'gossip cluster rotate-key' once more then.");
      }
      return { ...told, ...exchanged };
    });
  }

  async #keys(cluster: OperatorCluster, isKept: boolean) {
    return [
      await openKeyInDirectory(cluster, this.keyOwner),
      await nextKey(cluster, this.keyOwner, { passphrase: givenPassphrase(), isKept }),
    ] as const;
  }
}
