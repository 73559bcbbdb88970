/** `gossip registry watch`: writes and deletions as they come. */
import type { Watched } from '../../client/index.ts';
import { safeJson } from '../../model/safe-text.ts';
import type { Json } from '../../sdk/json.ts';
import { afterFlag } from '../terminal/flags.ts';
import { prefixArg, RegistryCommand, registryFlags, valueText } from '../terminal/registry-command.ts';

export default class RegistryWatch extends RegistryCommand {
  static override summary = 'Print what is written and deleted, here or elsewhere, a line for each, until it is interrupted.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'Some keys, for a program', command: '<%= config.bin %> <%= command.id %> service/ --json' },
  ];
  static override args = { prefix: prefixArg };
  static override flags = { ...registryFlags, after: afterFlag };

  declare readonly jsonLine: Watched;

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(RegistryWatch);
    await this.follow(flags, this.registry(flags), args.prefix, (event) => {
      if (this.jsonEnabled()) process.stdout.write(`${safeJson(event satisfies Watched)}\n`);
      else if (event.type === 'event') this.say(changeText(event.data));
    });
  }
}

/** `set greeting hello`, `delete greeting`; what another module of that name publishes as it is. */
function changeText(data: Json): string {
  const { event, key, value } = Object(data) as { readonly event?: Json; readonly key?: Json; readonly value?: Json };
  if (event === 'delete') return `delete ${valueText(key)}`;
  return event === 'set' ? `set ${valueText(key)} ${valueText(value)}` : safeJson(data);
}
