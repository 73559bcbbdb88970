/** `gossip registry delete`: deletes a key. */
import { askingFlags, ifVersionField, ifVersionFlag, keyArg, RegistryCommand } from '../terminal/registry-command.ts';

export default class RegistryDelete extends RegistryCommand {
  static override summary = 'Delete a key of the registry; one that is not there is no error.';
  static override examples = ['<%= config.bin %> <%= command.id %> greeting'];
  static override args = { key: keyArg };
  static override flags = { ...askingFlags, 'if-version': ifVersionFlag };

  override async run() {
    const { args, flags } = await this.parse(RegistryDelete);
    const answer = await this.askRegistry(flags, { op: 'delete', key: args.key, ...ifVersionField(flags['if-version']) });
    this.remark(answer['existed'] === true ? `Deleted ${args.key}.` : `There was no ${args.key}.`);
    return answer;
  }
}
