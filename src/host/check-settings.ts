/** Holds the settings of a deployment to the schema in its code, inside the sandbox. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseModuleJson } from '../model/module-json.ts';
import { chosenSchema, MAX_SETTINGS_SCHEMA_BYTES, SETTINGS_SCHEMA_FILE, settingsMisfit } from '../model/settings-schema.ts';
import type { JsonObject } from '../sdk/json.ts';

/** Throws an error whose message says what does not fit. */
export function checkSettings(directory: string, settings: JsonObject): void {
  const { settingsSchema } = parseModuleJson(readFileSync(join(directory, 'module.json'), 'utf8'));
  const schema = chosenSchema(settingsSchema, fileText(join(directory, SETTINGS_SCHEMA_FILE)));
  const misfit = schema && settingsMisfit(schema, settings);
  if (misfit !== null) throw new Error(misfit);
}

function fileText(path: string): string | null {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) return null;
  // One character more than may be is enough to be refused.
  return size > MAX_SETTINGS_SCHEMA_BYTES ? ' '.repeat(MAX_SETTINGS_SCHEMA_BYTES + 1) : readFileSync(path, 'utf8');
}
