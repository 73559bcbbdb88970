/** `gossip registry set`: writes a key. */
import { Args, Flags } from '@oclif/core';
import { GossipError } from '../../model/errors.ts';
import { readBounded } from '../../operator/files/given-file.ts';
import { readJson } from '../../sdk/json-text.ts';
import type { Json } from '../../sdk/json.ts';
import { MAX_TTL_MS, MIN_TTL_MS } from '../../modules/registry/entry.ts';
import { durationFlag } from '../terminal/flags.ts';
import { askingFlags, ifVersionField, ifVersionFlag, keyArg, RegistryCommand, valueText } from '../terminal/registry-command.ts';

export default class RegistrySet extends RegistryCommand {
  static override summary = 'Write a key of the registry; prints the version that it has now.';
  static override description =
    'VALUE is a string, whatever it looks like: 1.10 stays 1.10. With --json-value it is JSON. The node has it when this ends; the others hear of it within their next rounds.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> greeting hello',
    { description: 'A value that is no string', command: `<%= config.bin %> <%= command.id %> limits '{"perSecond":20}' --json-value` },
    { description: 'From a file', command: '<%= config.bin %> <%= command.id %> banner - < banner.txt' },
    { description: 'Gone by itself unless it is written anew', command: '<%= config.bin %> <%= command.id %> alive/web1 up --ttl 30s' },
    { description: 'Only where nobody has it yet', command: '<%= config.bin %> <%= command.id %> leader node1 --if-version none' },
  ];
  static override args = {
    key: keyArg,
    value: Args.string({ description: 'The value, or - for standard input, without the line feed at its end.', required: true }),
  };
  static override flags = {
    ...askingFlags,
    'json-value': Flags.boolean({ summary: 'VALUE is JSON.' }),
    'if-version': ifVersionFlag,
    ttl: durationFlag({
      summary: 'How long it is there; by default for ever.',
      minMs: MIN_TTL_MS,
      maxMs: MAX_TTL_MS,
    }),
  };

  override async run() {
    const { args, flags } = await this.parse(RegistrySet);
    const text =
      args.value === '-' ? textOf(await readBounded(process.stdin, 'standard input', 'request')).replace(/\r?\n$/, '') : args.value;
    const value = flags['json-value'] ? parsed(text) : text;
    const ttl = flags.ttl === undefined ? {} : { ttlMs: flags.ttl };
    const answer = await this.askRegistry(flags, { op: 'set', key: args.key, value, ...ttl, ...ifVersionField(flags['if-version']) });
    this.say(valueText(answer['version']));
    return answer;
  }
}

/** What is no text would be stored as something else. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new GossipError('GOSSIP_E_USAGE', 'standard input is no UTF-8: a value is text', { cause });
  }
}

function parsed(text: string): Json {
  try {
    return readJson(text) as Json;
  } catch (cause) {
    throw new GossipError('GOSSIP_E_USAGE', `the value is not JSON: ${(cause as Error).message}`, {
      advice: 'Leave --json-value out for a string, or quote the JSON for the shell.',
      cause,
    });
  }
}
