/** `gossip config sign`: countersigns a configuration file. */
import { Args, Flags } from '@oclif/core';
import { countersignPaper } from '../../operator/cluster/papers.ts';
import type { Countersigning, PaperFile } from '../../operator/cluster/papers.ts';
import { keysText } from '../../operator/cluster/root-plan.ts';
import { openCluster, openOperatorKey } from '../../operator/cluster/clusters.ts';
import { countersignFile } from '../../operator/deploy/configuration-files.ts';
import { readSignedFile } from '../../operator/deploy/signed-files.ts';
import { readKey } from '../../operator/cluster/key-file.ts';
import { openSettings } from '../../operator/settings/settings.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { clusterFlag, signerFlag } from '../terminal/flags.ts';

export default class ConfigSign extends BaseCommand {
  static override summary = 'Add a signature to a file, where more than one operator must sign.';
  static override description = `Look at the file first with 'gossip config show FILE'. What it holds is not changed itself.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> counter.gossip',
    { description: 'With a key of your own', command: '<%= config.bin %> <%= command.id %> counter.gossip --key ~/second.key' },
  ];
  static override args = { file: Args.string({ description: 'Signed file: what another command wrote with --write.', required: true }) };
  static override flags = {
    key: Flags.string({
      summary: "Private key (PEM) to sign with; by default GOSSIP_KEY_FILE, or the operator's key of the cluster.",
      helpValue: 'FILE',
      exclusive: ['signer'],
    }),
    signer: signerFlag,
    output: Flags.string({ char: 'o', summary: 'Write here; by default over the file.', helpValue: 'FILE' }),
    cluster: clusterFlag,
  };

  override async run() {
    const { args, flags } = await this.parse(ConfigSign);
    const cluster = await openCluster(openSettings(), flags.cluster);
    const key = flags.key === undefined ? await openOperatorKey(cluster, this.keyOwner) : await readKey(flags.key, this.keyOwner);
    const output = flags.output ?? args.file;
    const signed = await readSignedFile(args.file);
    if (signed.kind !== 'deployment') return this.#signPaper(signed, { cluster, key, output });
    const { signatures, threshold, again } = await countersignFile({
      file: signed.file,
      output,
      name: cluster.name,
      root: cluster.root,
      key,
    });
    const missing = Math.max(0, threshold - signatures);
    if (again) this.remark(`This key had signed it already: ${key.keyid.slice(0, 12)}.`);
    this.say(
      `Signed by ${signatures} of ${threshold} keys: ${missing === 0 ? `ready, inject it with: gossip config inject ${output}` : `${missing} more must sign`}.`,
    );
    return { file: output, signatures, threshold, complete: missing === 0 };
  }

  async #signPaper(signed: PaperFile, countersigning: Countersigning) {
    const { key, output } = countersigning;
    const { paper, again } = await countersignPaper(signed, countersigning);
    if (again) this.remark(`This key had signed it already: ${key.keyid.slice(0, 12)}.`);
    const { title, signers, lacking, view } = paper;
    this.say(
      `${title.charAt(0).toUpperCase()}${title.slice(1)}, signed by ${keysText(signers)}: ${lacking === null ? `ready, inject it with: gossip config inject ${output}` : lacking}.`,
    );
    return { file: output, ...view, complete: lacking === null };
  }
}
