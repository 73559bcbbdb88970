/** `gossip node run --check-config`: whether a node could be run with what is given, what would be in force, and where each of it comes from. */
import { GossipError, toGossipError } from '../model/errors.ts';
import { safeJson, safeText } from '../model/safe-text.ts';
import type { Json } from '../sdk/json.ts';
import type { FlagName } from './file-flags.ts';
import { NODE_FLAGS } from './flags.ts';
import { readInForce } from './in-force.ts';
import type { Given, InForce } from './in-force.ts';
import { shown } from './shown.ts';
import { tokenWanted, wantedBy } from './wanted.ts';

const NAMES = Object.keys(NODE_FLAGS) as FlagName[];

export interface Checked {
  readonly text: string;
  /** For the operator, beside the result. */
  readonly remarks: readonly string[];
}

/** @throws GOSSIP_E_CONFIG for all that a start would refuse before it looks at the data directory. Standard input is not read. */
export async function checkConfig(command: Given, json: boolean): Promise<Checked> {
  try {
    const now = await readInForce(command);
    const { remarks } = await wantedBy(now);
    if (now.flags.join !== '-') await tokenWanted(now, () => undefined);
    return { text: json ? safeJson(inJson(now), 2) : lines(now).join('\n'), remarks };
  } catch (thrown) {
    const error = toGossipError(thrown);
    if (error.exitCode === 2 || error.code === 'GOSSIP_E_INTERNAL') throw error;
    // Whatever is wrong, it is in what was given: one exit code for whoever checks before a restart.
    throw new GossipError('GOSSIP_E_CONFIG', error.message, { advice: error.advice, cause: error });
  }
}

/** What `--check-config --json` prints: every flag, as it would be in force. */
export interface CheckedJson {
  readonly ok: true;
  /** The configuration file; null without one. */
  readonly file: string | null;
  readonly flags: {
    readonly [flag: string]: {
      readonly value: Json;
      readonly origin: ReturnType<InForce['originOf']>;
      /** The flag, variable or key that it is from; absent with a default. */
      readonly from?: string;
    };
  };
}

function inJson(now: InForce): CheckedJson {
  const flags = settled(now).map((name) => [
    name,
    {
      value: shown(now.flags, name) ?? null,
      origin: now.originOf(name),
      ...(now.originOf(name) !== 'default' && { from: now.nameOf(name) }),
    },
  ]);
  return { ok: true, file: now.file?.path ?? null, flags: Object.fromEntries(flags) };
}

/** In three columns; what nobody said and has no default of its own is left out. */
function lines(now: InForce): string[] {
  const rows = settled(now)
    .filter((name) => shown(now.flags, name) !== undefined)
    .map((name) => [name, safeText([shown(now.flags, name)].flat().join(' ')), origin(now, name)] as const);
  const widest = Math.max(...rows.map(([name]) => name.length));
  const wide = Math.min(40, Math.max(...rows.map(([, value]) => value.length)));
  return rows.map(([name, value, from]) => `${name.padEnd(widest)}  ${value.padEnd(wide)}  ${safeText(from)}`);
}

function origin(now: InForce, name: FlagName): string {
  return now.originOf(name) === 'default' ? 'default' : now.nameOf(name);
}

function settled({ flags }: InForce): FlagName[] {
  return NAMES.filter((name) => NODE_FLAGS[name].onlyTyped === undefined || (name === 'config' && flags.config !== undefined));
}
