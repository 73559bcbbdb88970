/** `gossip watch`: what a module on a node publishes, or what the node tells of itself. */
import { Args, Flags } from '@oclif/core';
import type { Watched } from '../client/index.ts';
import { GossipError } from '../model/errors.ts';
import { parseModuleName } from '../model/names.ts';
import { safeJson } from '../model/safe-text.ts';
import { doorFlags } from './terminal/door-flags.ts';
import { afterFlag } from './terminal/flags.ts';
import { ModuleCommand } from './terminal/module-command.ts';

export default class Watch extends ModuleCommand {
  static override summary = 'Print what a module on a node publishes, a line for each event, until it is interrupted.';
  static override description =
    'Without a module, what the node tells of itself: deployments, the state of its modules, the peers that it speaks with, alarms. It is the node of this machine, as for every application, or one elsewhere with --to. Where the connection breaks it is made anew and goes on from the last event; events that were lost are told.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> membership',
    { description: 'Some keys of the registry', command: '<%= config.bin %> <%= command.id %> registry --topic service/' },
    { description: 'For a program: a line of JSON for each event', command: '<%= config.bin %> <%= command.id %> registry --json' },
    { description: 'At a node elsewhere', command: '<%= config.bin %> <%= command.id %> membership --to node3' },
  ];
  static override args = { module: Args.string({ description: 'Name of the module; without it the node itself.' }) };
  static override flags = {
    ...doorFlags,
    topic: Flags.string({ summary: 'Only events whose topic begins so.', helpValue: 'TEXT' }),
    after: afterFlag,
    all: Flags.boolean({ hidden: true }),
  };

  declare readonly jsonLine: Watched;

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Watch);
    if (flags.all) {
      throw new GossipError('GOSSIP_E_USAGE', 'watch follows one node', {
        advice: 'Name it with --to. What modules replicate is heard on every node.',
      });
    }
    await this.follow(flags, args.module === undefined ? null : parseModuleName(args.module), flags.topic, (event) => {
      if (this.jsonEnabled()) process.stdout.write(`${safeJson(event satisfies Watched)}\n`);
      else if (event.type === 'event') this.say(safeJson(event.data));
    });
  }
}
