/** `gossip settings set`: sets one of the operator's own settings. */
import { Args } from '@oclif/core';
import { OWN_KEYS, OWN_SETTINGS, ownKey, ownValue, setOwn } from '../../operator/settings/own-settings.ts';
import { openSettings } from '../../operator/settings/settings.ts';
import { OwnSettingsCommand } from '../terminal/own-settings-command.ts';

export default class SettingsSet extends OwnSettingsCommand {
  static override summary = 'Set one of your own settings, for all commands from now on.';
  static override description = OWN_KEYS.map((key) => `${key} (${OWN_SETTINGS[key].env}): ${OWN_SETTINGS[key].summary}`).join('\n\n');
  static override examples = [
    '<%= config.bin %> <%= command.id %> author "Ada Lovelace"',
    '<%= config.bin %> <%= command.id %> key-file ~/keys/operator.pem',
  ];
  static override args = {
    key: Args.string({ description: `One of ${OWN_KEYS.join(', ')}.`, required: true }),
    value: Args.string({ description: 'Its value; relative paths are kept whole.', required: true }),
  };

  override async run() {
    const { args } = await this.parse(SettingsSet);
    const [settings, key] = [openSettings(), ownKey(args.key)];
    await setOwn(settings, key, args.value);
    const own = ownValue(settings, key);
    this.say(`${key} is ${settings.own(key) ?? ''}.`);
    if (own.origin === 'variable') this.remark(`${own.from} stands above it in this shell.`);
    return { key, value: settings.own(key) };
  }
}
