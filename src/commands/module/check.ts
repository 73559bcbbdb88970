/** `gossip module check`: whether nodes could run a directory of code. */
import { Args, Flags } from '@oclif/core';
import { pointingToDist } from '../../operator/module/built-code.ts';
import { tryModule } from '../../operator/module/checks.ts';
import { requirePassed } from '../../operator/module/check-failure.ts';
import { readCodeDirectory } from '../../operator/module/code-directory.ts';
import { parseModuleSettings } from '../../operator/deploy/settings-text.ts';
import { BaseCommand } from '../terminal/base-command.ts';

export default class ModuleCheck extends BaseCommand {
  static override summary = 'Run code as a node would, and report each step.';
  static override description = `Checks names and sizes of the files and module.json, holds the settings to their schema, loads the code in the sandbox, starts it, asks for inspect(), sends it odd messages, lets it gossip with a peer that does not answer, hands its state and its first message to a second instance and stops it. What the module writes to its error output meanwhile is shown as a warning. A file missing from the bundle is found here, not on the nodes.

module.json holds: name, version (a label), entry (a .js, .mjs, .cjs or .wasm file), api (1), and optionally limits (heapMb, residentMb), uses (other modules on the same node that it asks and watches), description and settingsSchema (a JSON Schema, which may also lie beside it, in settings.schema.json). The check runs the module alone: whomever it uses is not deployed there.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> ./dist',
    `<%= config.bin %> <%= command.id %> ./dist --settings '{"step": 2}'`,
  ];
  static override args = { path: Args.string({ description: 'Directory of built code.', default: './dist' }) };
  static override flags = {
    settings: Flags.string({ summary: 'Settings of the trial: a JSON object, or @FILE.', helpValue: 'JSON', default: '{}' }),
  };

  override async run() {
    const { args, flags } = await this.parse(ModuleCheck);
    return pointingToDist(args.path, () => this.#check(args.path, flags.settings));
  }

  async #check(path: string, settings: string) {
    const { hash } = await readCodeDirectory(path);
    const { checks, warnings } = await tryModule(path, { settings: await parseModuleSettings(settings) });
    for (const { ok, check, detail } of checks) {
      const [first, ...rest] = detail.split('\n');
      this.say(`${ok ? 'ok  ' : 'FAIL'}  ${check.padEnd(11)}  ${first}`, ...rest.map((line) => `${' '.repeat(19)}${line}`));
    }
    const failed = checks.find(({ ok }) => !ok);
    // What failed has told its own lines already.
    const more = warnings.filter((line) => !(failed?.detail.split('\n') ?? []).includes(line));
    if (more.length > 0)
      this.say(`warn  ${'output'.padEnd(11)}  it complained meanwhile:`, ...more.map((line) => `${' '.repeat(19)}${line}`));
    requirePassed(checks);
    return { ok: true, hash, checks, warnings };
  }
}
