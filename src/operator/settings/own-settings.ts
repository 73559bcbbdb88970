/**
 * The operator's own settings: what else a variable says for a shell, said for good. A flag stands above its variable, that above the setting, and the setting above the default.
 */
import { resolve } from 'node:path';
import { MAX_AUTHOR_LENGTH } from '../../model/deployment.ts';
import { MAX_TIMER_MS, parseDurationWithin } from '../../model/duration.ts';
import { errorAbout, GossipError, toGossipError } from '../../model/errors.ts';
import { MAX_TOLD, safeText } from '../../model/safe-text.ts';
import { given } from '../../process/environment.ts';
import type { Environment, Variable } from '../../process/environment.ts';
import { nearest } from '../../sdk/nearest.ts';
import { unaskedKey } from '../cluster/key-file.ts';
import { checkClusterName } from './settings.ts';
import type { Settings } from './settings.ts';

interface OwnSetting {
  readonly summary: string;
  /** Stands above it. */
  readonly env: Variable;
  /** The text as it is kept; throws where it is none. */
  readonly take: (text: string) => string;
  /** Says the same thing in another way: one of them counts. */
  readonly rival?: OwnKey;
}

export type OwnKey = 'author' | 'call-timeout' | 'cluster' | 'key-file' | 'settle' | 'signer';

export const OWN_SETTINGS: Readonly<Record<OwnKey, OwnSetting>> = {
  cluster: { summary: 'The cluster that commands mean; also by gossip cluster use.', env: 'GOSSIP_CLUSTER', take: checkClusterName },
  author: { summary: 'Who deploys, as the history shows it; by default user@host.', env: 'GOSSIP_AUTHOR', take: authorIn },
  'key-file': {
    summary: "The key that all commands sign with, in place of each cluster's own.",
    env: 'GOSSIP_KEY_FILE',
    take: (text) => resolve(text),
    rival: 'signer',
  },
  signer: {
    summary: 'Program that signs in place of a key.',
    env: 'GOSSIP_SIGNER',
    take: (text) => (text.includes('/') ? resolve(text) : text),
    rival: 'key-file',
  },
  settle: { summary: 'How long --wait has every instance be healthy; by default 3s.', env: 'GOSSIP_SETTLE', take: durationFrom(0) },
  'call-timeout': {
    summary: 'How long call and registry wait for an answer; by default 30s.',
    env: 'GOSSIP_CALL_TIMEOUT',
    take: durationFrom(1),
  },
};

export const OWN_KEYS = Object.keys(OWN_SETTINGS) as OwnKey[];

/** Where a value comes from; flags of a command are above all of them. */
export interface OwnValue {
  readonly key: OwnKey;
  readonly value: string | null;
  readonly origin: 'variable' | 'settings' | 'default';
  /** The variable, or the file. */
  readonly from: string | null;
}

/** @throws GOSSIP_E_USAGE with the one that was probably meant */
export function ownKey(text: string): OwnKey {
  const key = OWN_KEYS.find((known) => known === text);
  if (key !== undefined) return key;
  const near = nearest(text, OWN_KEYS);
  throw new GossipError('GOSSIP_E_USAGE', `there is no setting '${safeText(text, MAX_TOLD)}'`, {
    advice:
      near === undefined ? `There is ${OWN_KEYS.join(', ')}; those of a module: gossip module settings MODULE.` : `Did you mean ${near}?`,
  });
}

export function ownValue(settings: Settings, key: OwnKey, environment: Environment = process.env): OwnValue {
  const { env } = OWN_SETTINGS[key];
  const fromVariable = given(env, environment);
  if (fromVariable !== undefined) return { key, value: fromVariable, origin: 'variable', from: env };
  const kept = settings.own(key);
  if (kept === null) return { key, value: null, origin: 'default', from: null };
  return { key, value: kept, origin: 'settings', from: settings.path };
}

/** Keeps it as it will be used: a path whole, wherever later commands are run. */
export async function setOwn(settings: Settings, key: OwnKey, text: string): Promise<void> {
  const { take, rival } = OWN_SETTINGS[key];
  if (text === '') throw new GossipError('GOSSIP_E_USAGE', `${key} is empty`, { advice: `Take it away: gossip settings unset ${key}` });
  const value = named(key, () => take(text));
  // A path that was mistyped, or a file that holds no key, would show only where something is to be signed.
  if (key === 'key-file') await unaskedKey(value).catch((thrown: unknown) => refuse(key, thrown));
  if (rival !== undefined && settings.own(rival) !== null) {
    throw new GossipError('GOSSIP_E_USAGE', `${key} and ${rival} both say what signs`, { advice: `First: gossip settings unset ${rival}` });
  }
  await settings.setOwn(key, value);
}

/** What is wrong with the value of a variable, as a command would say that uses it; null where it is good, or no variable says it. */
export function faultOf({ key, value, origin }: OwnValue): string | null {
  if (origin !== 'variable' || value === null) return null;
  const { env, take } = OWN_SETTINGS[key];
  try {
    take(value);
    return null;
  } catch (thrown) {
    return `${env}: ${toGossipError(thrown).message}`;
  }
}

function named<Value>(key: OwnKey, read: () => Value): Value {
  try {
    return read();
  } catch (thrown) {
    return refuse(key, thrown);
  }
}

function refuse(key: OwnKey, thrown: unknown): never {
  throw thrown instanceof GossipError ? errorAbout(key, thrown) : thrown;
}

/**
 * The variables that stand in for what is set and no variable of the environment says. A setting that was edited by hand into none is refused by its name.
 */
export function variablesOf(settings: Settings, environment: Environment): Readonly<Record<string, string>> {
  const entries = OWN_KEYS.flatMap((key) => {
    const { env, rival, take } = OWN_SETTINGS[key];
    const isSaid =
      given(env, environment) !== undefined || (rival !== undefined && given(OWN_SETTINGS[rival].env, environment) !== undefined);
    const kept = key === 'cluster' || isSaid ? null : settings.own(key);
    return kept === null ? [] : [[env, checked(key, kept, take)] as const];
  });
  return Object.fromEntries(entries);
}

/** What is wrong with settings that somebody else has kept; null where all are good. Those that only another version knows are left to it. */
export function faultOfKept(own: Readonly<Record<string, string>>): string | null {
  for (const key of OWN_KEYS) {
    const text = own[key];
    if (text === undefined) continue;
    try {
      checked(key, text, OWN_SETTINGS[key].take);
    } catch (thrown) {
      return toGossipError(thrown).message;
    }
  }
  return null;
}

function checked(key: OwnKey, text: string, take: (text: string) => string): string {
  try {
    return take(text);
  } catch (thrown) {
    throw new GossipError('GOSSIP_E_FILE', `the setting ${key}: ${(thrown as Error).message}`, {
      advice: `Set it anew, or take it away: gossip settings unset ${key}`,
      cause: thrown,
    });
  }
}

function authorIn(text: string): string {
  if (text.length <= MAX_AUTHOR_LENGTH) return text.toWellFormed();
  throw new GossipError('GOSSIP_E_USAGE', `an author has at most ${MAX_AUTHOR_LENGTH} characters`);
}

function durationFrom(minMs: number): (text: string) => string {
  return (text) => {
    parseDurationWithin(text, { minMs, maxMs: MAX_TIMER_MS });
    return text;
  };
}
