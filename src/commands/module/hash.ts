/** `gossip module hash`: the code version of a directory. */
import { Args } from '@oclif/core';
import { pointingToDist } from '../../operator/module/built-code.ts';
import { readCodeDirectory } from '../../operator/module/code-directory.ts';
import { checkWasmIn } from '../../operator/module/wasm-entry.ts';
import { BaseCommand } from '../terminal/base-command.ts';

export default class ModuleHash extends BaseCommand {
  static override summary = "Print the code version of a directory: the hash of its files' names and bytes.";
  static override description = `The same files have the same hash on every machine, whatever their times, owners, order or permissions. Nodes show it in 'gossip status --json' once they run the code. A module in WebAssembly that no node would load is refused.`;
  static override examples = ['<%= config.bin %> <%= command.id %> ./dist', '<%= config.bin %> <%= command.id %> ./dist --json'];
  static override args = { path: Args.string({ description: 'Directory of built code.', default: './dist' }) };

  override async run() {
    const { args } = await this.parse(ModuleHash);
    const { hash, manifest, bytes } = await pointingToDist(args.path, async () => {
      const code = await readCodeDirectory(args.path);
      await checkWasmIn(args.path, code.manifest);
      return code;
    });
    this.say(hash);
    return { hash, files: manifest.files.length, bytes };
  }
}
