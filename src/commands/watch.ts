/** `gossip watch`: what a module on a node of this machine publishes, or what the node tells of itself. */
import { Args, Flags } from '@oclif/core';
import type { Gossip, Watched } from '../client/index.ts';
import { parseModuleName } from '../model/names.ts';
import { safeJson } from '../model/safe-text.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { doorFlags, withNode } from './terminal/door-flags.ts';
import { interruptible } from './terminal/interruptible.ts';

export default class Watch extends BaseCommand {
  static override summary = 'Print what a module on a node of this machine publishes, a line for each event, until it is interrupted.';
  static override description =
    'Without a module, what the node tells of itself: deployments, the state of its modules, the peers that it speaks with, alarms. Where the connection breaks it is made anew and goes on from the last event; events that were lost are told.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> membership',
    { description: 'Some keys of the registry', command: '<%= config.bin %> <%= command.id %> registry --topic service/' },
    { description: 'For a program: a line of JSON for each event', command: '<%= config.bin %> <%= command.id %> registry --json' },
  ];
  static override args = { module: Args.string({ description: 'Name of the module; without it the node itself.' }) };
  static override flags = {
    ...doorFlags,
    topic: Flags.string({ summary: 'Only events whose topic begins so.', helpValue: 'TEXT' }),
    after: Flags.string({
      summary: 'Begin after the event of this id, which --json prints, as far as the node remembers.',
      helpValue: 'ID',
    }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Watch);
    const module = args.module === undefined ? null : parseModuleName(args.module);
    const { topic, after } = flags;
    await interruptible(
      (signal) =>
        withNode(flags, async (node) => {
          const onBreak = (error: Error): void => this.complain(`${error.message}; trying again`);
          const options = { signal, onBreak, ...(topic !== undefined && { topic }), ...(after !== undefined && { after }) };
          for await (const event of streamOf(node, module, options)) this.#print(event);
          signal.throwIfAborted();
        }),
      () => undefined,
    );
  }

  #print(event: Watched): void {
    if (this.jsonEnabled()) process.stdout.write(`${safeJson(event)}\n`);
    else if (event.type === 'event') this.say(safeJson(event.data));
    else this.complain(`${event.lost ?? 'Some'} events were lost.`);
  }
}

function streamOf(node: Gossip, module: string | null, options: Parameters<Gossip['events']>[0]): AsyncIterable<Watched> {
  return module === null ? node.events(options) : node.module(module).watch(options);
}
