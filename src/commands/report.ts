/** `gossip report`: one file for whoever looks into a defect, without secrets. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Args, Flags } from '@oclif/core';
import { VERSION } from '../core/hosting/sandbox/build.ts';
import { dataFindings } from '../operator/doctor/data.ts';
import { clusterFindings } from '../operator/doctor/examine.ts';
import { failed } from '../operator/doctor/finding.ts';
import type { Finding } from '../operator/doctor/finding.ts';
import { machineFindings } from '../operator/doctor/machine.ts';
import { checkWritable, writeNamed } from '../operator/files/written-file.ts';
import { makeReport } from '../operator/report/report.ts';
import type { Session } from '../operator/settings/session.ts';
import { safeJson } from '../model/safe-text.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { clusterFlag, signerFlag } from './terminal/flags.ts';
import { interruptible } from './terminal/interruptible.ts';
import { startProgress } from './terminal/progress.ts';

const compressed = promisify(gzip);
/** Names of machines are in it. */
const MODE = 0o600;

export default class Report extends BaseCommand {
  static override summary =
    'Write one file for a bug report: what is wrong, every node, what was deployed, what was logged; without secrets.';
  static override description = `The file is JSON under gzip: what 'gossip doctor' finds, the status of every node, the history, and the nodes' warnings of a day and last lines. Keys, tokens, passwords and the values of modules' settings are taken out before anything is written; names and addresses of nodes, and what modules log otherwise, stay. Look at it before you send it: zcat FILE | less.

Logs need a key that may observe or deploy; without it, or with --no-logs, the rest is written.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'On the machine of a node', command: '<%= config.bin %> <%= command.id %> report.json.gz --data /var/lib/gossip' },
  ];
  static override args = { file: Args.string({ description: 'Where to write; by default gossip-report-TIME.json.gz here.' }) };
  static override flags = {
    logs: Flags.boolean({ default: true, allowNo: true, summary: 'Also what nodes and modules logged.' }),
    data: Flags.string({ summary: 'Look at the data directory of a node of this machine, too.', helpValue: 'DIR' }),
    signer: signerFlag,
    cluster: clusterFlag,
  };

  override async run() {
    const { args, flags } = await this.parse(Report);
    const now = new Date();
    const file = args.file ?? `gossip-report-${now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}.json.gz`;
    await checkWritable(file);
    const progress = await startProgress('Asking the nodes', this.jsonEnabled());
    const report = await interruptible(
      (signal) => this.#report(flags, now, signal),
      () => undefined,
    ).finally(() => progress.stop());
    const bytes = await compressed(safeJson(report, 1));
    await writeNamed(file, bytes, MODE);
    this.say(`Wrote ${file} (${bytes.length} bytes). Secrets are taken out; look at it before you send it: zcat ${file} | less`);
    return { file, bytes: bytes.length };
  }

  async #report(
    flags: { readonly logs: boolean; readonly data: string | undefined; readonly cluster: string | undefined },
    now: Date,
    signal: AbortSignal,
  ): Promise<object> {
    const local = [...(await machineFindings()), ...(flags.data === undefined ? [] : await dataFindings(flags.data))];
    const make = (findings: readonly Finding[], session: Session | null): Promise<object> =>
      makeReport({ version: VERSION, now, findings: [...local, ...findings], session, logs: flags.logs, signal });
    try {
      return await this.withCluster(flags.cluster, async (session) => make(await clusterFindings(session, VERSION), session));
    } catch (thrown) {
      signal.throwIfAborted();
      return make([failed('home', thrown)], null);
    }
  }
}
