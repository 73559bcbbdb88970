/** `gossip registry get`: the value of a key. */
import { GossipError } from '../../model/errors.ts';
import { askingFlags, keyArg, RegistryCommand, valueText } from '../terminal/registry-command.ts';

export default class RegistryGet extends RegistryCommand {
  static override summary = 'Print the value of a key: a string as it is, anything else as JSON.';
  static override description =
    'A key that is not there ends it with GOSSIP_E_NOT_FOUND, exit code 1. What was written on another node is here within a few rounds, about a second by default.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> greeting',
    { description: 'At a node elsewhere, with its version', command: '<%= config.bin %> <%= command.id %> greeting --to node3 --json' },
  ];
  static override args = { key: keyArg };
  static override flags = askingFlags;

  override async run() {
    const { args, flags } = await this.parse(RegistryGet);
    const answer = await this.askRegistry(flags, { op: 'get', key: args.key });
    if (answer['exists'] !== true) {
      throw new GossipError('GOSSIP_E_NOT_FOUND', `the registry has no key '${args.key}'`, {
        advice: 'What was just written on another node comes here by gossip, within about a second: ask again.',
      });
    }
    const { value } = answer;
    // Whoever reads it through a pipe gets what was set, to the byte; a terminal is not steered by it.
    if (typeof value === 'string' && !process.stdout.isTTY) this.show(value);
    else this.say(...valueText(value).split('\n'));
    return answer;
  }
}
