/** `gossip config verify`: whether nodes would take a signed configuration file. */
import { Args, Errors } from '@oclif/core';
import { ERRORS } from '../../model/errors.ts';
import { inspectPaper, paperText } from '../../operator/cluster/papers.ts';
import type { Paper } from '../../operator/cluster/papers.ts';
import { keysText } from '../../operator/cluster/root-plan.ts';
import { openCluster } from '../../operator/cluster/clusters.ts';
import type { OperatorCluster } from '../../operator/cluster/clusters.ts';
import { inspectFile, verifyFile } from '../../operator/deploy/configuration-files.ts';
import { readSignedFile } from '../../operator/deploy/signed-files.ts';
import { fileView, viewLines } from '../../operator/deploy/configuration-view.ts';
import type { FileView } from '../../operator/deploy/configuration-view.ts';
import { openSettings } from '../../operator/settings/settings.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { clusterFlag } from '../terminal/flags.ts';

export default class ConfigVerify extends BaseCommand {
  static override summary = 'Check a signed file as every node will: form, hashes, signatures, cluster and epoch.';
  static override description =
    'Needs no node. Exit code 6 when it would be refused, or when signatures are still missing: then it says whose.';
  static override examples = ['<%= config.bin %> <%= command.id %> counter.gossip'];
  static override args = { file: Args.string({ description: 'Signed file: what another command wrote with --write.', required: true }) };
  static override flags = { cluster: clusterFlag };

  override async run() {
    const { args, flags } = await this.parse(ConfigVerify);
    const cluster = await openCluster(openSettings(), flags.cluster);
    const { root, name } = cluster;
    const signed = await readSignedFile(args.file);
    if (signed.kind !== 'deployment') return this.verifyPaper(args.file, inspectPaper(signed, cluster), cluster);
    const { file } = signed;
    const view = fileView(file, inspectFile(file, root), root);
    if (view.missing.length > 0) return this.unfinished(args.file, view);
    verifyFile(file, root);
    this.say(
      `Good: ${view.deployment} of ${view.module} for '${name}', signed by ${view.signers.length} of ${view.threshold} keys, ${view.files.length} files.`,
    );
    return { valid: true, ...view };
  }

  private verifyPaper(path: string, paper: Paper, cluster: OperatorCluster) {
    const { title, signers, lacking, view } = paper;
    if (lacking === null) {
      paper.requireWhole();
      this.say(`Good: ${title}, signed by ${keysText(signers)}.`);
      return { valid: true, ...view };
    }
    this.say(...paperText(paper, cluster));
    this.say(`Not yet good: ${lacking}. Next: gossip config sign ${path}`);
    if (this.jsonEnabled()) this.logJson({ valid: false, ...view });
    throw new Errors.ExitError(ERRORS.GOSSIP_E_THRESHOLD.exit);
  }

  /** Shown like a good one, for it is looked at before it is signed; but no node would take it. */
  private unfinished(path: string, view: FileView): never {
    const { signers, threshold } = view;
    for (const line of viewLines(view)) this.say(line);
    this.say(`Not yet good: signed by ${signers.length} of ${threshold} keys. Next: gossip config sign ${path}`);
    if (this.jsonEnabled()) this.logJson({ valid: false, ...view });
    throw new Errors.ExitError(ERRORS.GOSSIP_E_THRESHOLD.exit);
  }
}
