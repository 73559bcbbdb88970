/** `gossip module init`: a module that builds, tests and deploys. */
import { relative, resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { parseNewName } from '../../operator/module/new-name.ts';
import { scaffoldModule } from '../../operator/module/scaffold.ts';
import { BaseCommand } from '../terminal/base-command.ts';

export default class ModuleInit extends BaseCommand {
  static override summary = 'Make a new module: TypeScript or JavaScript, with a build, a contract test and a module.json.';
  static override description = `The module is one class against the SDK; its test runs the contract suite that the shipped modules run too. npm packages can be used: the build bundles them. The project carries its own copy of the SDK, and can be moved to another directory or machine.

A name is a lower-case letter, then at most 39 letters, digits or dashes, without a scope.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> counter',
    { description: 'Without types', command: '<%= config.bin %> <%= command.id %> counter --javascript' },
    { description: 'Elsewhere', command: '<%= config.bin %> <%= command.id %> counter --directory ~/modules/counter' },
  ];
  static override args = { name: Args.string({ description: 'Name of the module.', required: true }) };
  static override flags = {
    directory: Flags.string({ summary: 'Where to make it; by default ./NAME.', helpValue: 'DIR' }),
    javascript: Flags.boolean({ default: false, summary: 'In plain JavaScript; by default in TypeScript.' }),
  };

  override async run() {
    const { args, flags } = await this.parse(ModuleInit);
    const name = parseNewName(args.name);
    const directory = resolve(flags.directory ?? name);
    const { files } = await scaffoldModule({ name, directory, sdkPath: this.config.root, javascript: flags.javascript });
    this.say(`Made the module '${name}' in ${directory}:`);
    for (const file of files.filter((path) => !path.startsWith('vendor/'))) this.say(`  ${file}`);
    this.say('  vendor/gossip (the SDK, so that the project can be moved and shared)');
    this.say(`Next: cd ${relative(process.cwd(), directory) || '.'} && npm install && npm test, then gossip deploy`);
    return { name, directory, files };
  }
}
