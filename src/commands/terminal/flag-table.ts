/** The flags of a node for oclif, made from the table that the node itself reads. */
import { Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { NODE_FLAGS } from '../../node/flags.ts';
import type { NodeFlag, NodeFlags, TextFlag } from '../../node/flags.ts';
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
  switch (flag.kind) {
    case 'switch':
      return Flags.boolean({ summary: flag.summary, env: flag.env });
    case 'count':
      return countFlag(withoutKind(flag)) as Interfaces.Flag<unknown>;
    case 'text':
      return textFlag(flag);
  }
}

/** As oclif has it, but for values whose type only the table knows. */
const customFlag = Flags.custom as unknown as (said: object) => () => Interfaces.Flag<unknown>;

function textFlag({ parse = (text) => text, repeatable, defaultHelp, ...flag }: TextFlag): Interfaces.Flag<unknown> {
  const said = {
    ...withoutKind(flag),
    parse: async (text: string) => parse(text),
    ...(defaultHelp !== undefined && { defaultHelp: async () => defaultHelp }),
    ...(repeatable !== undefined && { multiple: true, multipleNonGreedy: true, ...(repeatable === ',' && { delimiter: ',' }) }),
  };
  return customFlag(said)();
}

function withoutKind<Flag extends { readonly kind: string }>(flag: Flag): Omit<Flag, 'kind'> {
  const { kind: _kind, ...said } = flag;
  return said;
}
