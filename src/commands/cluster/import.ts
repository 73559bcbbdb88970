/** `gossip cluster import`: adds a cluster that another operator made. */
import { Args, Flags } from '@oclif/core';
import { importCluster } from '../../operator/cluster/cluster-file.ts';
import { isKeyThere } from '../../operator/cluster/own-key.ts';
import { checkInstead, refuseFormerName } from '../../operator/cluster/signs-instead.ts';
import { openSettings } from '../../operator/settings/settings.ts';
import { readToken } from '../../node/token-source.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { clusterNameFlag } from '../terminal/flags.ts';

export default class ClusterImport extends BaseCommand {
  static override summary = 'Add a cluster that another operator made to your settings.';
  static override description = `Takes the root from FILE and makes an identity of your own. With a join token your commands are members and may ask nodes; without one, you can read and sign files, and ask nodes once others have let you in by the id that is printed: 'gossip admit ID', with --write where several must sign. Compare the id that is printed with what the other operator tells you: everything is verified against it.

Imported again, it adds what is new: a token, a key, or later versions of the root, which whoever asks no node learns of like that.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> production.cluster --join @gossip.token',
    {
      description: 'With the key that you sign with',
      command: '<%= config.bin %> <%= command.id %> production.cluster --join @gossip.token --key ~/my.key',
    },
  ];
  static override args = { file: Args.string({ description: "A file written by 'gossip cluster export'.", required: true }) };
  static override flags = {
    name: clusterNameFlag({ summary: 'Name of the cluster in your settings; by default the one in the file.' }),
    join: Flags.string({
      summary: 'Join token that makes your commands members. @FILE or - (standard input) keep it out of the list of processes.',
      helpValue: 'TOKEN|@FILE|-',
      env: 'GOSSIP_JOIN',
      parse: (text) => readToken(text),
    }),
    key: Flags.string({ summary: 'Private key (PEM) that you sign with; it is copied.', helpValue: 'FILE' }),
  };

  override async run() {
    const { args, flags } = await this.parse(ClusterImport);
    refuseFormerName();
    // What is imported is told to sign with it.
    await checkInstead(this.keyOwner);
    const settings = openSettings();
    const before = settings.current();
    const {
      name,
      directory,
      root,
      operator,
      admitted,
      expires,
      before: known,
    } = await importCluster(settings, {
      path: args.file,
      name: flags.name,
      token: flags.join,
      keyPath: flags.key,
      now: Date.now(),
    });
    this.say(`Imported '${name}' (${root.cluster}), now the current cluster${before === null ? '' : ` instead of '${before}'`}.`);
    this.say('Compare that id with what the other operator tells you.');
    if (known !== null && known < root.root.version)
      this.say(`The root goes from version ${known} to ${root.root.version}; what changed: gossip cluster log`);
    const signs = await isKeyThere({ directory }, this.keyOwner);
    if (!admitted) this.say(`Nodes let you in once whoever may admit has run: gossip admit ${operator}`);
    else if (expires !== null)
      this.say(`Run 'gossip status' before ${new Date(expires).toISOString()}: nodes that have seen you know you for good.`);
    return { name, cluster: root.cluster, directory, version: root.root.version, operator, admitted, signs };
  }
}
