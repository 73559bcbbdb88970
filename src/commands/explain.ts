/** `gossip explain`: what an error code means, what its likely cause is, and what to do. */
import { Args } from '@oclif/core';
import { errorReference, findEntry } from '../operator/explain/error-reference.ts';
import type { ErrorEntry } from '../operator/explain/error-reference.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { drawTable } from './terminal/table.ts';

export default class Explain extends BaseCommand {
  static override summary = 'Explain an error code: what it means, its likely cause, and what to do.';
  static override description = 'Without a code it lists them all. GOSSIP_E_ and capital letters may be left out. It asks no node.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> GOSSIP_E_UNREACHABLE',
    { description: 'The same', command: '<%= config.bin %> <%= command.id %> unreachable' },
  ];
  static override args = { code: Args.string({ description: 'An error code, such as GOSSIP_E_UNREACHABLE.' }) };

  override async run(): Promise<ErrorEntry | readonly ErrorEntry[]> {
    const { args } = await this.parse(Explain);
    const reference = await errorReference();
    if (args.code === undefined) {
      this.show(drawTable({ head: ['code', 'exit', 'about'], spare: ['about'], rows: reference.map(rowOf) }));
      return reference;
    }
    const entry = findEntry(args.code, reference);
    this.say(`${entry.code} (exit code ${entry.exit})`, '', `Means:  ${entry.means}`, `Cause:  ${entry.cause}`, `Do:     ${entry.do}`);
    return entry;
  }
}

function rowOf({ code, exit, topic }: ErrorEntry): { readonly text: string }[] {
  return [{ text: code }, { text: String(exit) }, { text: topic }];
}
