/** Commands about the operator's own settings: they see what was given, and none of it stood in for. */
import { BaseCommand } from './base-command.ts';

export abstract class OwnSettingsCommand extends BaseCommand {
  protected override get takesOwnSettings(): boolean {
    return false;
  }
}
