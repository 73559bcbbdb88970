/** `gossip lab down`: ends the nodes of a lab, whoever started them, and nothing else. */
import { dirname, join, resolve } from 'node:path';
import { Flags } from '@oclif/core';
import type { Settings } from '../../operator/settings/settings.ts';
import { countOfNodes } from '../../operator/render/names.ts';
import { endLab } from '../../operator/cluster/end-lab.ts';
import { openSettings } from '../../operator/settings/settings.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { clusterNameFlag } from '../terminal/flags.ts';

interface LabDownJson {
  readonly dir: string;
  readonly cluster: string;
  /** Nodes that ran until now. */
  readonly ended: readonly string[];
  /** The others: killed or drained, and not started again. */
  readonly endedBefore: readonly string[];
  readonly kept: boolean;
  readonly current: string | null;
}

export default class LabDown extends BaseCommand {
  static override summary = 'End the nodes of a lab, and remove what it kept.';
  static override description =
    "Ends exactly the lab's own nodes, by the ids of their processes: those that lab up started, and those that you started again with their directories. With --keep, data and logs stay for you to look at.";
  static override examples = [
    '<%= config.bin %> lab down',
    '<%= config.bin %> lab down --name second --keep',
    '<%= config.bin %> lab down --dir ./lab2',
  ];
  static override flags = {
    name: clusterNameFlag({ summary: "Name of the lab's cluster.", default: 'lab' }),
    dir: Flags.string({ summary: 'Directory of the lab, if --dir was given to lab up.', helpValue: 'DIR' }),
    keep: Flags.boolean({ default: false, summary: "Keep the nodes' data and logs." }),
  };

  async run(): Promise<LabDownJson> {
    const { flags } = await this.parse(LabDown);
    const settings = openSettings();
    const { lab, ended, endedBefore, before, current } = await endLab(settings, {
      directory: flags.dir === undefined ? directoryOf(settings, flags.name) : resolve(flags.dir),
      keep: flags.keep,
      onWait: (text) => this.remark(`Waiting: ${text}.`),
    });
    const earlier = endedBefore.length === 0 ? '' : ` ${endedBefore.length} had ended before;`;
    this.say(
      `${countOfNodes(ended.length)} ended;${earlier} ${flags.keep ? `their data stays in ${lab.directory}` : 'nothing is left of the lab'}.`,
    );
    if (current !== before)
      this.say(current === null ? 'No cluster is the current one now.' : `'${current}' is the current cluster again.`);
    return { dir: lab.directory, cluster: lab.cluster, ended, endedBefore, kept: flags.keep, current };
  }
}

/** The operator's keys of a lab lie in its directory; the settings know where. */
function directoryOf(settings: Settings, name: string): string {
  const entry = settings.clusters()[name];
  return entry ? dirname(entry.directory) : join(settings.home, 'labs', name);
}
