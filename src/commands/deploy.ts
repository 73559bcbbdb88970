/** `gossip deploy`: hash, sign, inject; gossip does the rest. */
import { Args, Flags } from '@oclif/core';
import { author } from '../operator/deploy/author.ts';
import { checkBefore } from '../operator/deploy/author-check.ts';
import { locateCode, readCode } from '../operator/deploy/code-source.ts';
import type { DirectoryCode } from '../operator/deploy/code-source.ts';
import { draftRemarks, recordsOf } from '../operator/deploy/deploy.ts';
import type { Draft } from '../operator/deploy/deploy.ts';
import { checkRenaming, renamingRemarks } from '../operator/deploy/renaming.ts';
import { requireFitting } from '../operator/module/settings-schema.ts';
import { usedRemarks } from '../operator/deploy/used-modules.ts';
import type { Records } from '../operator/status/records.ts';
import { parseModuleSettings } from '../operator/deploy/settings-text.ts';
import type { ModuleName } from '../model/names.ts';
import type { JsonObject } from '../sdk/json.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { enter } from './terminal/deploying.ts';
import { DEPLOYING_USAGE, deploymentFlags, insteadFlags, moduleFlag } from './terminal/flags.ts';
import { startProgress } from './terminal/progress.ts';
import { send } from './terminal/sending.ts';

export default class Deploy extends BaseCommand {
  static override summary = 'Deploy code: hash it, sign it, inject it into one node; gossip takes it to all others.';
  static override description = `PATH is a directory of built code with a module.json, or the name of a shipped module; by default ./dist, or else the shipped module that --module names. The settings of the module's last deployment are kept unless --settings gives others; those that do not fit the schema in the code are refused.

The same code may run under several names, each a module of its own with state, settings, history and rollback: give PATH, and another name with --module.

The code is checked first, on this machine and in the sandbox of a node, with all that 'gossip module check' runs; code that fails a check is not deployed. Modules that come with the program have passed it.

Done means that the node has the record and the code on its disk. Nodes then update one by one: the old instance serves until the new one has taken over its state. --wait follows until every node runs it in good health, and says which nodes did not answer; Ctrl-C ends the waiting, not the deployment.`;
  static override examples = [
    { description: 'A shipped module', command: '<%= config.bin %> <%= command.id %> --module membership --wait' },
    { description: 'Your own', command: '<%= config.bin %> <%= command.id %> ./dist --to rendezvous1 --module counter -m "count faster"' },
    { description: 'A second registry', command: '<%= config.bin %> <%= command.id %> registry --module sessions --wait' },
    { description: 'Throw corrupted state away', command: '<%= config.bin %> <%= command.id %> ./dist --module counter --scrub --wait' },
    {
      description: 'Sign here, inject elsewhere',
      command: '<%= config.bin %> <%= command.id %> ./dist --module counter --write counter.gossip',
    },
  ];
  static override usage =
    '<%= command.id %> [PATH] [--json] [--module NAME] [--to NODE] [--cluster NAME] [-m TEXT] [--expect dN] [--scrub] ' +
    `[--settings JSON] [--no-check] ${DEPLOYING_USAGE}`;
  static override args = { path: Args.string({ description: 'Directory of built code, or the name of a shipped module.' }) };
  static override flags = {
    module: moduleFlag({ summary: 'Name to deploy it under; by default the one in module.json.' }),
    ...deploymentFlags,
    scrub: Flags.boolean({ default: false, summary: 'Throw the old state away on every node, and open a new state epoch.' }),
    settings: Flags.string({ summary: "The module's settings: a JSON object, or @FILE.", helpValue: 'JSON' }),
    'no-check': Flags.boolean({ default: false, summary: 'Deploy code without having checked that a node could run it.' }),
    ...insteadFlags,
  };

  override async run() {
    const { args, flags } = await this.parse(Deploy);
    const code = await readCode(await locateCode(args.path, flags.module));
    const module = flags.module ?? code.moduleJson.name;
    const settings = flags.settings === undefined ? undefined : await parseModuleSettings(flags.settings);
    const { scrub, message, expect } = flags;
    if (settings !== undefined) requireFitting(code.settingsSchema, settings);
    const draft: Draft = { module, code: code.reference, settings, scrub, rollbackOf: null, author: author(), message, expect };
    return this.withCluster(flags.cluster, async (session) => {
      const { node, place } = await enter(session, flags);
      const known = await recordsOf(session.cluster.root, session.client, node);
      await checkRenaming(code, module, known.newest(module), node, session.client);
      await this.#check(code, module, settings ?? known.newest(module)?.deployment.settings ?? {}, flags['no-check']);
      const making = { session, node, place, draft, code, remarks: remarksOf(code, draft, known), known };
      const title = (name: string): void => this.say(`${name}  ${module} ${code.reference.version}  ${code.reference.hash}`);
      return send(this.speaker, making, flags, title);
    });
  }

  /** In front of everything that is signed or sent; what is wrong with the cluster was told before, for it takes less time. */
  async #check(code: DirectoryCode, module: ModuleName, settings: JsonObject, isWaived: boolean): Promise<void> {
    requireFitting(code.settingsSchema, settings);
    if (isWaived) return;
    const progress = await startProgress(`Checking ${module} ${code.reference.version}`, this.jsonEnabled());
    const told = await checkBefore(code, { module, settings }).finally(() => progress.stop());
    for (const line of told) this.remark(line);
  }
}

/** What the operator may not know. */
function remarksOf(code: DirectoryCode, draft: Draft, known: Records): string[] {
  return [...renamingRemarks(code, draft.module), ...usedRemarks(code, draft.module, known), ...draftRemarks(draft, known)];
}
