/** The settings in which two deployments differ. */
import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonObject } from '../../sdk/json.ts';

export interface SettingDifference {
  readonly key: string;
  /** Undefined where it was not set. */
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** By key. The order of an object's keys is no difference. */
export function settingsDifference(before: JsonObject, after: JsonObject): readonly SettingDifference[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const valueOf = (settings: JsonObject, key: string): Json | undefined => (Object.hasOwn(settings, key) ? settings[key] : undefined);
  return keys
    .map((key) => ({ key, before: valueOf(before, key), after: valueOf(after, key) }))
    .filter((change) => !isDeepStrictEqual(change.before, change.after));
}
