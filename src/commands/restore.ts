/** `gossip restore`: a home from its backup. */
import { Args, Flags } from '@oclif/core';
import { decodeBackup } from '../operator/backup/backup-file.ts';
import { restoreBackup } from '../operator/backup/backup.ts';
import { readGiven } from '../operator/files/given-file.ts';
import { openSettings } from '../operator/settings/settings.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { askPassphrase } from './terminal/passphrase.ts';

export default class Restore extends BaseCommand {
  static override summary = "Bring an operator's clusters, keys and settings back from a file that 'gossip backup' wrote.";
  static override description = `Adds the clusters of the backup to those of this home. What has a name or a value here already is refused and named; --replace lets the backup take its place, and says where the files of before lie still. Each cluster is opened and its root verified before anything counts: all of the backup is restored, or nothing.

Whoever restores it somewhere else goes on there: the same key signs, and nodes know the same operator.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> gossip.backup',
    { description: 'Into a home of its own', command: 'GOSSIP_HOME=~/other <%= config.bin %> <%= command.id %> gossip.backup' },
  ];
  static override args = { file: Args.string({ description: "A file written by 'gossip backup'.", required: true }) };
  static override flags = {
    replace: Flags.boolean({ default: false, summary: 'Let the backup take the place of clusters and settings that are here already.' }),
  };

  override async run() {
    const { args, flags } = await this.parse(Restore);
    const settings = openSettings();
    const { created, encrypted, content } = await decodeBackup(await readGiven(args.file, 'backup'), args.file, () =>
      askPassphrase(args.file),
    );
    const { added, replaced, current } = await restoreBackup(settings, content, flags.replace);
    this.say(
      `Restored into ${settings.home}, as of ${new Date(created).toISOString()}: ${[...added, ...replaced.map(({ name }) => name), 'settings'].join(', ')}.`,
    );
    for (const { name, kept } of replaced) this.remark(`'${name}' of before lies in ${kept} still; remove that once you are sure.`);
    const { signer } = content.own;
    if (signer !== undefined) this.remark(`By the setting 'signer' of the backup, commands run ${signer} to sign.`);
    if (current !== null) this.say(`'${current}' is the current cluster. Next: gossip status`);
    return { file: args.file, home: settings.home, created: new Date(created).toISOString(), encrypted, added, replaced, current };
  }
}
