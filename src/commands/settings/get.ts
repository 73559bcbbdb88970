/** `gossip settings get`: one of the operator's own settings. */
import { Args, Flags } from '@oclif/core';
import { OWN_KEYS, ownKey, ownValue } from '../../operator/settings/own-settings.ts';
import { openSettings } from '../../operator/settings/settings.ts';
import { OwnSettingsCommand } from '../terminal/own-settings-command.ts';

export default class SettingsGet extends OwnSettingsCommand {
  static override summary = 'Print one of your own settings; nothing where it has no value.';
  static override examples = ['<%= config.bin %> <%= command.id %> author'];
  static override args = { key: Args.string({ description: `One of ${OWN_KEYS.join(', ')}.`, required: true }) };
  static override flags = { origin: Flags.boolean({ summary: 'Say where the value comes from, too.' }) };

  override async run() {
    const { args, flags } = await this.parse(SettingsGet);
    const own = ownValue(openSettings(), ownKey(args.key));
    const origin = own.from === null ? own.origin : `${own.origin} ${own.from}`;
    if (flags.origin) this.say(`${own.value ?? '-'}  ${origin}`);
    else if (own.value !== null) this.say(own.value);
    return own;
  }
}
