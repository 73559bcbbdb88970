/** `gossip settings list`: the operator's own settings, and where each comes from. */
import { Flags } from '@oclif/core';
import { OWN_KEYS, ownValue } from '../../operator/settings/own-settings.ts';
import type { OwnValue } from '../../operator/settings/own-settings.ts';
import { openSettings } from '../../operator/settings/settings.ts';
import { OwnSettingsCommand } from '../terminal/own-settings-command.ts';

export default class SettingsList extends OwnSettingsCommand {
  static override summary = 'List your own settings: what commands do without a flag or a variable.';
  static override description = `A flag stands above its variable, the variable above the setting, and that above the default. What a module is set to is shown and changed by "gossip module settings MODULE"; the flags of a node are in the file of "gossip node run --config".`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --origin'];
  static override flags = { origin: Flags.boolean({ summary: 'Say where each value comes from: a variable, the settings, or nowhere.' }) };

  override async run() {
    const { flags } = await this.parse(SettingsList);
    const settings = openSettings();
    const values = OWN_KEYS.map((key) => ownValue(settings, key));
    const widest = Math.max(...OWN_KEYS.map((key) => key.length));
    const wide = Math.max(...values.map(({ value }) => (value ?? '-').length));
    for (const own of values) {
      const value = own.value ?? '-';
      this.say(`${own.key.padEnd(widest)}  ${flags.origin ? `${value.padEnd(wide)}  ${originOf(own)}` : value}`);
    }
    return { file: settings.path, settings: Object.fromEntries(values.map(({ key, ...said }) => [key, said])) };
  }
}

function originOf({ origin, from }: OwnValue): string {
  return from === null ? origin : `${origin} ${from}`;
}
