/** `gossip settings unset`: takes one of the operator's own settings away. */
import { Args } from '@oclif/core';
import { OWN_KEYS, ownKey } from '../../operator/settings/own-settings.ts';
import { openSettings } from '../../operator/settings/settings.ts';
import { OwnSettingsCommand } from '../terminal/own-settings-command.ts';

export default class SettingsUnset extends OwnSettingsCommand {
  static override summary = 'Take one of your own settings away.';
  static override examples = ['<%= config.bin %> <%= command.id %> author'];
  static override args = { key: Args.string({ description: `One of ${OWN_KEYS.join(', ')}.`, required: true }) };

  override async run() {
    const { args } = await this.parse(SettingsUnset);
    const [settings, key] = [openSettings(), ownKey(args.key)];
    const before = settings.own(key);
    if (before !== null) await settings.setOwn(key, null);
    this.say(before === null ? `${key} was not set.` : `${key} is no longer set (it was ${before}).`);
    return { key, before };
  }
}
