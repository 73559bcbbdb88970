/** `gossip backup`: the operator's home in one file. */
import { Args, Flags } from '@oclif/core';
import { encodeBackup } from '../operator/backup/backup-file.ts';
import { takeBackup, viewOfBackup } from '../operator/backup/backup.ts';
import { checkWritable, writeNamed } from '../operator/files/written-file.ts';
import { isThere } from '../operator/files/is-there.ts';
import { openSettings } from '../operator/settings/settings.ts';
import { GossipError } from '../model/errors.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { askNewPassphrase } from './terminal/passphrase.ts';

export default class Backup extends BaseCommand {
  static override summary = 'Write all that an operator needs to go on elsewhere into one file: clusters, keys and settings.';
  static override description = `Holds of each cluster in the settings its root with all later versions, the operator's key, identity and admission, and the list of join tokens made here; and the operator's own settings. Labs are among them, their nodes and other nodes' data are not, nor is a key that lies elsewhere (GOSSIP_KEY_FILE, --signer).

FILE is written with mode 0600 and encrypted under a passphrase: that of GOSSIP_PASSPHRASE, or one that is asked for twice. A key that is encrypted stays so inside, under its own passphrase.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> gossip.backup',
    {
      description: 'Where the place itself keeps it secret',
      command: '<%= config.bin %> <%= command.id %> --no-passphrase /mnt/vault/gossip.backup',
    },
  ];
  static override args = { file: Args.string({ description: 'Where to write.', required: true }) };
  static override flags = {
    replace: Flags.boolean({ default: false, summary: 'Let it take the place of a file that is there.' }),
    // A default of oclif's would be another flag that is always given.
    'no-passphrase': Flags.boolean({ summary: 'Do not encrypt it: whoever has the file has the keys in it that no passphrase protects.' }),
  };

  override async run() {
    const { args, flags } = await this.parse(Backup);
    const settings = openSettings();
    if (args.file === '-')
      throw new GossipError('GOSSIP_E_USAGE', 'a backup is written to a file, and not to standard output', { advice: 'Name a file.' });
    await checkWritable(args.file);
    if (!flags.replace && (await isThere(args.file)))
      throw new GossipError('GOSSIP_E_FILE', `${args.file} is there already, and nothing was written`, {
        advice: 'Name another file, such as one with the date; --replace lets the backup take its place.',
      });
    const content = await takeBackup(settings);
    const { clusters, open } = viewOfBackup(content);
    if (clusters.length === 0 && Object.keys(content.own).length === 0)
      throw new GossipError('GOSSIP_E_NO_CLUSTER', `no cluster and no setting is in ${settings.home}: there is nothing to keep`);
    const passphrase = flags['no-passphrase'] ? null : await askNewPassphrase('the backup');
    await writeNamed(args.file, encodeBackup(content, Date.now(), passphrase), 0o600);
    this.say(
      `Wrote ${args.file}: ${[...clusters.map(({ name, files }) => `'${name}' (${files.length} files)`), 'your settings'].join(', ')}.`,
    );
    if (passphrase === null && open.length > 0) this.remark(`Keys in it that whoever has the file can use: ${open.join(', ')}.`);
    const elsewhere = ['key-file', 'signer'].filter((key) => Object.hasOwn(content.own, key));
    for (const key of elsewhere) this.remark(`The setting '${key}' names ${content.own[key]}, which is not in it: keep that too.`);
    this.say(`Elsewhere: gossip restore ${args.file}`);
    return { file: args.file, encrypted: passphrase !== null, clusters, openKeys: open };
  }
}
