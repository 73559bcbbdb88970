/** The flags of a node for oclif, made from the table that the node itself reads. */
import { Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { NODE_FLAGS } from '../../node/flags.ts';
import type { NodeFlag, TextFlag } from '../../node/flag-kinds.ts';
import type { NodeFlags } from '../../node/flags.ts';
import { partsOf } from '../../node/parts.ts';
import { countFlag } from './flags.ts';

export function flagsOfTable(table: Readonly<Record<string, NodeFlag>>): Interfaces.FlagInput {
  return Object.fromEntries(Object.entries(table).map(([name, flag]) => [name, flagOf(flag)]));
}

/** What oclif parsed by that table. A list that comes from a variable it leaves as it is written there. */
export function givenByTable(flags: Readonly<Record<string, unknown>>): NodeFlags {
  const lists = Object.entries(NODE_FLAGS).flatMap(([name, flag]) => {
    const [given, between] = [flags[name], flag.kind === 'text' ? flag.repeatable : undefined];
    if (between === undefined || given === undefined) return [];
    // Lines may come in one word, too; at commas oclif has parted it already.
    const texts = typeof given === 'string' ? [given] : (given as readonly string[]);
    return [[name, between === ',' && typeof given !== 'string' ? texts : texts.flatMap((text) => partsOf(text, between))]];
  });
  return { ...flags, ...Object.fromEntries(lists) } as NodeFlags;
}

function flagOf(flag: NodeFlag): Interfaces.Flag<unknown> {
  const { summary, env, helpValue } = flag;
  // What else the table says is for the node alone.
  const said = { summary, ...(env !== undefined && { env }), ...(helpValue !== undefined && { helpValue }) };
  switch (flag.kind) {
    case 'switch':
      return Flags.boolean(said);
    case 'count':
      return countFlag({ ...said, min: flag.min, max: flag.max }) as Interfaces.Flag<unknown>;
    case 'text':
      return textFlag(flag, said);
  }
}

/** As oclif has it, but for values whose type only the table knows. */
const customFlag = Flags.custom as unknown as (said: object) => () => Interfaces.Flag<unknown>;

function textFlag({ parse = (text) => text, repeatable, options, ...flag }: TextFlag, said: object): Interfaces.Flag<unknown> {
  const { default: byDefault, defaultHelp } = flag;
  return customFlag({
    ...said,
    parse: async (text: string) => parse(text),
    ...(options !== undefined && { options }),
    ...(byDefault !== undefined && { default: byDefault }),
    ...(defaultHelp !== undefined && { defaultHelp: async () => defaultHelp }),
    ...(repeatable !== undefined && { multiple: true, multipleNonGreedy: true, ...(repeatable === ',' && { delimiter: ',' }) }),
  })();
}
