/** `gossip registry list`: keys and values. */
import { GossipError } from '../../model/errors.ts';
import type { Json, JsonObject } from '../../sdk/json.ts';
import { askingFlags, prefixArg, RegistryCommand, valueText } from '../terminal/registry-command.ts';

/** Of a registry that says "more" without an end. */
const MAX_PAGES = 1_000;

export default class RegistryList extends RegistryCommand {
  static override summary = 'List the keys of the registry with their values: a string as it is, anything else as JSON.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'Some of them, with their versions', command: '<%= config.bin %> <%= command.id %> service/ --json' },
  ];
  static override args = { prefix: prefixArg };
  static override flags = askingFlags;

  override async run() {
    const { args, flags } = await this.parse(RegistryList);
    const entries: JsonObject[] = [];
    for (let page = 0, more = true; more; page += 1) {
      const after = entries.at(-1)?.['key'];
      const answer = await this.askRegistry(flags, { op: 'list', prefix: args.prefix ?? '', ...(after !== undefined && { after }) });
      const listed = asEntries(answer['entries']);
      entries.push(...listed);
      more = answer['more'] === true && listed.length > 0;
      if (page >= MAX_PAGES) throw new GossipError('GOSSIP_E_MODULE_ANSWER', 'the registry lists keys without an end');
    }
    const width = Math.max(0, ...entries.map(({ key }) => valueText(key).length));
    if (entries.length > 0) this.say(...entries.map(({ key, value }) => `${valueText(key).padEnd(width)}  ${valueText(value)}`));
    else this.remark(args.prefix === undefined ? 'The registry is empty.' : `No key begins with ${args.prefix}.`);
    return { entries };
  }
}

function asEntries(value: Json | undefined): readonly JsonObject[] {
  if (Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null)) return value;
  throw new GossipError('GOSSIP_E_MODULE_ANSWER', 'the registry lists no entries');
}
