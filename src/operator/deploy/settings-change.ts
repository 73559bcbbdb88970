/** Some settings of a module changed, the others kept. */
import { GossipError } from '../../model/errors.ts';
import type { Json, JsonObject } from '../../sdk/json.ts';
import { jsonOfSettings, parseModuleSettings } from './settings-text.ts';

export interface SettingsChange {
  /** `KEY=VALUE`. A value that is JSON is taken as JSON, any other as text; so is a number that JSON would write otherwise. */
  readonly set: readonly string[];
  /** Keys to take away. */
  readonly unset: readonly string[];
}

/** @throws GOSSIP_E_USAGE for what is no `KEY=VALUE`, for a key that is given twice, and for one to take away that is not there */
export function changedSettings(settings: JsonObject, { set, unset }: SettingsChange): JsonObject {
  const assignments = set.map(parseAssignment);
  const keys = [...assignments.map(([key]) => key), ...unset];
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw new GossipError('GOSSIP_E_USAGE', `'${twice}' is changed twice`);
  for (const key of unset) requireKey(settings, key);
  const kept = Object.entries(settings).filter(([key]) => !keys.includes(key));
  return Object.fromEntries([...kept, ...assignments]);
}

function parseAssignment(text: string): [string, Json] {
  const at = text.indexOf('=');
  if (at < 1) {
    throw new GossipError('GOSSIP_E_USAGE', `'${text}' sets nothing`, {
      advice: 'Write KEY=VALUE, as in step=2 or name=web or list=[1,2].',
    });
  }
  return [text.slice(0, at), valueOf(text.slice(at + 1))];
}

/** What begins as JSON that has more to it than a word must be JSON: half a list is no text that anybody means. */
function valueOf(text: string): Json {
  try {
    const value = jsonOfSettings(Buffer.from(text));
    // A version 1.10 is not 1.1.
    return typeof value === 'number' && String(value) !== text.trim() ? text : value;
  } catch (error) {
    if (/^\s*["[{]/.test(text)) throw error;
    return text;
  }
}

function requireKey(settings: JsonObject, key: string): void {
  if (Object.hasOwn(settings, key)) return;
  const there = Object.keys(settings).join(', ');
  throw new GossipError('GOSSIP_E_USAGE', `there is no setting '${key}' to take away`, {
    advice: there === '' ? 'It has no settings.' : `It has ${there}.`,
  });
}

/** All settings anew, or some of them changed. */
export async function settingsAfter(
  before: JsonObject,
  change: SettingsChange & { readonly all: string | undefined },
): Promise<JsonObject> {
  return change.all === undefined ? changedSettings(before, change) : parseModuleSettings(change.all);
}
