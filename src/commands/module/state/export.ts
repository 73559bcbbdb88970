/** `gossip module state export`: the state of a running instance, into a file. */
import { lstat } from 'node:fs/promises';
import { Args, Flags } from '@oclif/core';
import { GossipError } from '../../../model/errors.ts';
import { parseModuleName } from '../../../model/names.ts';
import { checkWritable, writeNamed } from '../../../operator/files/written-file.ts';
import { encodeStateFile, headerOf } from '../../../operator/module/state-file.ts';
import { takeState } from '../../../operator/modules/take-state.ts';
import { BaseCommand } from '../../terminal/base-command.ts';
import { chosenNode } from '../../terminal/deploying.ts';
import { clusterFlag, signerFlag } from '../../terminal/flags.ts';

/** Only whoever exports may read it. */
const MODE = 0o600;

export default class StateExport extends BaseCommand {
  static override summary = "Write the state of a module's running instance on a node to a file.";
  static override description = `The state is what the instance's transferState() gives now, as it would be handed to the next one; the instance goes on. Secrets may be in it: it takes an operator's key that may deploy, the file can be read by its owner alone, and the node's log tells who took it.

The file begins with a line of JSON: module, deployment, code, node, time, form (text or bytes), length and SHA-256. Then comes the state itself. A file that is named is replaced, whole or not at all; MODULE.state, the default, is never replaced.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> counter --to node3',
    { description: 'The state alone, where it is JSON', command: '<%= config.bin %> <%= command.id %> counter - | tail -n +2' },
  ];
  static override args = {
    module: Args.string({ description: 'Name of the module.', required: true }),
    file: Args.string({ description: 'Where to write, or - for standard output; by default MODULE.state.' }),
  };
  static override flags = {
    to: Flags.string({
      summary: 'Node to ask: a name, an id or host:port; by default the first rendezvous node that answers.',
      helpValue: 'NODE',
      env: 'GOSSIP_TO',
    }),
    signer: signerFlag,
    cluster: clusterFlag,
  };

  override async run() {
    const { args, flags } = await this.parse(StateExport);
    const module = parseModuleName(args.module);
    if (args.file === '-' && this.jsonEnabled())
      throw new GossipError('GOSSIP_E_USAGE', 'standard output takes the state or the answer in JSON, not both', {
        advice: 'Name a file, or leave --json out.',
      });
    const file = args.file ?? `${module}.state`;
    if (file !== '-') await this.#checkPlace(file, args.file === undefined);
    const { header, parts } = await this.withCluster(flags.cluster, async (session) => {
      const { origin, state } = await takeState(session, await chosenNode(session, flags.to), module);
      const found = headerOf(origin, state);
      return { header: found, parts: encodeStateFile(found, state) };
    });
    const { deployment, node, form, bytes } = header;
    const whose = `${bytes} bytes (${form}) of ${module} ${deployment} on ${node.name || node.address}`;
    if (file === '-') {
      for (const part of parts) process.stdout.write(part);
      this.remark(`${whose}.`);
      return undefined;
    }
    await writeNamed(file, parts, MODE);
    this.say(`Wrote ${whose} to ${file}.`);
    return { ...header, file };
  }

  async #checkPlace(file: string, isDefault: boolean): Promise<void> {
    await checkWritable(file);
    const isThere = await lstat(file).then(
      () => true,
      () => false,
    );
    if (isThere && isDefault)
      throw new GossipError('GOSSIP_E_FILE', `${file} is there already`, { advice: 'Name the file to replace it, or another one.' });
  }
}
