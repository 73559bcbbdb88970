/** The flags of a node for oclif, made from the table that the node itself reads. */
import { Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import type { NodeFlag, NodeFlags, TextFlag } from '../../node/flags.ts';
import { countFlag } from './flags.ts';

export function flagsOfTable(table: Readonly<Record<string, NodeFlag>>): Interfaces.FlagInput {
  return Object.fromEntries(Object.entries(table).map(([name, flag]) => [name, flagOf(flag)]));
}

/** What oclif parsed by that table. A list that comes from a variable it leaves as it is written there. */
export function givenByTable(flags: Readonly<Record<string, unknown>>): NodeFlags {
  const { peer } = flags;
  const peers = typeof peer === 'string' ? peer.split(',').map((text) => text.trim()) : peer;
  return { ...flags, peer: peers } as unknown as NodeFlags;
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
    ...(repeatable === true && { multiple: true, multipleNonGreedy: true, delimiter: ',' }),
  };
  return customFlag(said)();
}

function withoutKind<Flag extends { readonly kind: string }>(flag: Flag): Omit<Flag, 'kind'> {
  const { kind: _kind, ...said } = flag;
  return said;
}
