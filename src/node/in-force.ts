/** What is in force of a node's flags, and where each comes from: the command line, a variable, the configuration file, or nobody said it. */
import { given, nameOfValue, wasTyped } from '../process/environment.ts';
import type { Environment } from '../process/environment.ts';
import { errorAbout, GossipError } from '../model/errors.ts';
import { readFileFlags } from './file-flags.ts';
import type { FileFlags, FlagName } from './file-flags.ts';
import { NODE_FLAGS } from './flags.ts';
import type { NodeFlags } from './flags.ts';

export type Origin = 'flag' | 'variable' | 'file' | 'default';

/** Words and variables as they were parsed, with the defaults of what they do not give. */
export interface Given {
  readonly flags: NodeFlags;
  /** As they were typed. */
  readonly words: readonly string[];
}

export interface InForce {
  readonly flags: NodeFlags;
  readonly file: FileFlags | null;
  readonly originOf: (flag: FlagName) => Origin;
  /** As the user knows the value: `--listen`, `GOSSIP_LISTEN`, or `node.toml:3: listen`. */
  readonly nameOf: (flag: FlagName) => string;
  /** What is wrong with a value is said under its name. */
  readonly named: <Value>(flag: FlagName, read: () => Value | Promise<Value>) => Promise<Value>;
}

/** Reads the configuration file where one is given, at each call anew. */
export async function readInForce(command: Given, environment: Environment = process.env): Promise<InForce> {
  const { config } = command.flags;
  const file = config === undefined ? null : await readFileFlags(config);
  return inForce(command, file, environment);
}

export function inForce({ flags, words }: Given, file: FileFlags | null, environment: Environment): InForce {
  const originOf = (flag: FlagName): Origin => {
    const { env } = NODE_FLAGS[flag];
    if (wasTyped(flag, words)) return 'flag';
    if (env !== undefined && given(env, environment) !== undefined) return 'variable';
    return file !== null && Object.hasOwn(file.flags, flag) ? 'file' : 'default';
  };
  const fromFile = Object.entries(file?.flags ?? {}).filter(([flag]) => originOf(flag as FlagName) === 'file');
  const nameOf = (flag: FlagName): string =>
    file !== null && originOf(flag) === 'file' ? file.placeOf(flag) : nameOfValue(flag, NODE_FLAGS[flag].env, words, environment);
  return {
    flags: { ...flags, ...Object.fromEntries(fromFile) },
    file,
    originOf,
    nameOf,
    named: async (flag, read) => {
      try {
        return await read();
      } catch (thrown) {
        if (!(thrown instanceof GossipError)) throw thrown;
        const error = errorAbout(nameOf(flag), thrown);
        if (originOf(flag) !== 'file') throw error;
        throw new GossipError('GOSSIP_E_CONFIG', error.message, { advice: error.advice, cause: error });
      }
    },
  };
}
