/** `gossip doctor`: what is wrong with this machine, this operator's home and the cluster, each with what to do. */
import { styleText } from 'node:util';
import { Flags } from '@oclif/core';
import { VERSION } from '../core/hosting/sandbox/build.ts';
import { GossipError, toGossipError } from '../model/errors.ts';
import { safeText } from '../model/safe-text.ts';
import { dataFindings } from '../operator/doctor/data.ts';
import { clusterFindings } from '../operator/doctor/examine.ts';
import { failed } from '../operator/doctor/finding.ts';
import type { Finding } from '../operator/doctor/finding.ts';
import { machineFindings } from '../operator/doctor/machine.ts';
import { askedFindings } from '../operator/doctor/sources.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { clusterFlag } from './terminal/flags.ts';
import { startProgress } from './terminal/progress.ts';
import { STYLES } from './terminal/table.ts';

const MARKS = { ok: ['ok     ', 'good'], warning: ['warning', 'warn'], problem: ['PROBLEM', 'bad'] } as const;
const PROBLEM = 1;

export default class Doctor extends BaseCommand {
  static override summary = 'Find out what is wrong: this machine, this home with its key, every node, and what to do about it.';
  static override description = `Looks at what this machine gives to modules and nodes, at the operator's home (key, what it may sign, who may read it), at every rendezvous node (whether it is there, whether it is the one that the root names, and whether it lets anybody in), and at whatever is not well with the other nodes: modules that are held, clocks, versions, disks, the root, nodes that others cannot call, sources of addresses (--join-from) that give none. With --data also at the data directory of a node of this machine.

It changes nothing. Exit code 1 where there is a problem; warnings alone end with 0.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'On the machine of a node', command: '<%= config.bin %> <%= command.id %> --data /var/lib/gossip' },
    { description: 'For a program', command: '<%= config.bin %> <%= command.id %> --json' },
  ];
  static override flags = {
    data: Flags.string({ summary: 'Look at the data directory of a node of this machine, too.', helpValue: 'DIR' }),
    'join-from': Flags.string({
      summary: 'Ask a source of addresses, as a node with --join-from does, and see where connections are taken. Repeatable.',
      helpValue: 'dns:NAME|srv:NAME|file:PATH|exec:PROGRAM',
      multiple: true,
      multipleNonGreedy: true,
    }),
    cluster: clusterFlag,
  };

  override async run(): Promise<{ readonly findings: readonly Finding[]; readonly problems: number; readonly warnings: number }> {
    const { flags } = await this.parse(Doctor);
    const progress = await startProgress('Looking', this.jsonEnabled());
    const findings = await this.#findings(flags).finally(() => progress.stop());
    for (const finding of findings) this.#tell(finding);
    const count = (level: Finding['level']): number => findings.filter((finding) => finding.level === level).length;
    const [problems, warnings] = [count('problem'), count('warning')];
    this.say(
      `${problems === 0 ? 'No problem' : problems === 1 ? '1 problem' : `${problems} problems`}, ${warnings === 1 ? '1 warning' : `${warnings} warnings`}.`,
    );
    if (problems > 0) this.endWith(PROBLEM);
    return { findings, problems, warnings };
  }

  async #findings({
    data,
    cluster,
    'join-from': sources = [],
  }: {
    readonly data: string | undefined;
    readonly 'join-from': readonly string[] | undefined;
    readonly cluster: string | undefined;
  }): Promise<readonly Finding[]> {
    const ofMachine = await machineFindings();
    const ofData = data === undefined ? [] : await dataFindings(data);
    const ofSources = await askedFindings(sources);
    return [...ofMachine, ...ofData, ...ofSources, ...(await this.#ofCluster(cluster, data !== undefined || sources.length > 0))];
  }

  /** On the machine of a node there need be no operator. */
  async #ofCluster(name: string | undefined, isOptional: boolean): Promise<readonly Finding[]> {
    try {
      return await this.withCluster(name, (session) => clusterFindings(session, VERSION));
    } catch (thrown) {
      const { code } = toGossipError(thrown);
      if (isOptional && name === undefined && thrown instanceof GossipError && code === 'GOSSIP_E_NO_CLUSTER') return [];
      return [failed('home', thrown)];
    }
  }

  #tell({ level, about, message, remedy, code }: Finding): void {
    const [mark, tone] = MARKS[level];
    const told = `${about}: ${message}${code === null ? '' : ` [${code}]`}`;
    this.show(`${styleText(STYLES[tone], mark)}  ${safeText(told)}`);
    if (remedy !== null) this.show(`         ${safeText(remedy)}`);
  }
}
