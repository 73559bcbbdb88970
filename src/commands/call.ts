/** `gossip call`: asks a module on a node of this machine, as any application does. */
import { Args } from '@oclif/core';
import { readBounded } from '../operator/files/given-file.ts';
import { GossipError } from '../model/errors.ts';
import { parseModuleName } from '../model/names.ts';
import { safeJson } from '../model/safe-text.ts';
import type { Json } from '../sdk/json.ts';
import { readJson } from '../sdk/json-text.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { doorFlags, withNode } from './terminal/door-flags.ts';
import { durationFlag } from './terminal/flags.ts';

export default class Call extends BaseCommand {
  static override summary = 'Ask a module on a node of this machine, and print its answer.';
  static override description =
    "What a module takes is its own affair; docs/applications.md tells it of the shipped ones. The node's socket is found in its data directory: whoever may open it may ask.";
  static override examples = [
    `<%= config.bin %> <%= command.id %> registry '{"op":"set","key":"greeting","value":"hello"}'`,
    { description: 'A request from a file', command: '<%= config.bin %> <%= command.id %> registry - < request.json' },
    {
      description: 'At a node elsewhere on this machine',
      command: `<%= config.bin %> <%= command.id %> membership '{"op":"list"}' --data /var/lib/gossip`,
    },
  ];
  static override args = {
    module: Args.string({ description: 'Name of the module.', required: true }),
    request: Args.string({ description: 'The request as JSON, or - for standard input; by default null.' }),
  };
  static override flags = {
    ...doorFlags,
    timeout: durationFlag({ summary: 'How long to wait for the answer; by default 30s.', env: 'GOSSIP_CALL_TIMEOUT' }),
  };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Call);
    const module = parseModuleName(args.module);
    const request = await requestIn(args.request);
    const options = flags.timeout === undefined ? {} : { timeoutMs: flags.timeout };
    const answer = await withNode(flags, (node) => node.module(module).request(request, options));
    if (answer instanceof Uint8Array) {
      const bytes = Buffer.from(answer).toString('base64');
      this.say(bytes);
      return { module, bytes };
    }
    this.say(...safeJson(answer, 2).split('\n'));
    return { module, answer };
  }
}

async function requestIn(text: string | undefined): Promise<Json> {
  if (text === undefined) return null;
  const given = text === '-' ? (await readBounded(process.stdin, 'standard input', 'request')).toString() : text;
  try {
    return readJson(given) as Json;
  } catch (cause) {
    throw new GossipError('GOSSIP_E_USAGE', `the request is not JSON: ${(cause as Error).message}`, {
      advice: `Quote it for the shell, as in '{"op":"list"}', or give it by standard input: -.`,
      cause,
    });
  }
}
