/** `gossip completion`: prints a script that lets the shell complete commands and flags. */
import { Args } from '@oclif/core';
import { bashCompletion } from '../operator/completion/bash.ts';
import { CLOSED_LISTS } from '../operator/completion/closed-lists.ts';
import { fishCompletion } from '../operator/completion/fish.ts';
import { places } from '../operator/completion/model.ts';
import { zshCompletion } from '../operator/completion/zsh.ts';
import { BaseCommand } from './terminal/base-command.ts';

const GENERATORS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

export default class Completion extends BaseCommand {
  static override summary = 'Print a script that lets the shell complete commands and flags.';
  static override description =
    'It also offers clusters, nodes, modules and deployments: those that commands on the current cluster saw last, without asking any node; and the codes of errors and the keys of your settings.';
  static override examples = [
    { description: 'bash, in ~/.bashrc', command: 'eval "$(<%= config.bin %> <%= command.id %> bash)"' },
    { description: 'zsh, in ~/.zshrc, after compinit', command: 'eval "$(<%= config.bin %> <%= command.id %> zsh)"' },
    { description: 'fish', command: '<%= config.bin %> <%= command.id %> fish > ~/.config/fish/completions/gossip.fish' },
  ];
  static override args = { shell: Args.string({ description: 'The shell.', options: Object.keys(GENERATORS), required: true }) };

  async run(): Promise<{ shell: string; script: string }> {
    const { args } = await this.parse(Completion);
    const topics = Object.fromEntries(this.config.topics.map(({ name, description }) => [name.replaceAll(':', ' '), description ?? '']));
    const script = GENERATORS[args.shell as keyof typeof GENERATORS](places(this.config.commands, topics, CLOSED_LISTS));
    if (!this.jsonEnabled()) process.stdout.write(script);
    return { shell: args.shell, script };
  }
}
