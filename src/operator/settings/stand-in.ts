/** The operator's own settings stand in for variables that are not given, while a command runs. */
import { GossipError } from '../../model/errors.ts';
import type { Variable } from '../../process/environment.ts';
import { OWN_KEYS, OWN_SETTINGS, variablesOf } from './own-settings.ts';
import { openSettings } from './settings.ts';
import type { Settings } from './settings.ts';

/** Of the command before, in a process that runs several: it is not what was given. */
const filled = new Set<string>();

/** `wanted`: false only withdraws what stood in for another command. */
export function standInByOwnSettings(wanted = true, environment: NodeJS.ProcessEnv = process.env): void {
  for (const name of filled) delete environment[name];
  filled.clear();
  const settings = wanted ? readable(openSettings(environment)) : null;
  if (settings === null) return;
  for (const [name, value] of Object.entries(variablesOf(settings, environment))) {
    environment[name] = value;
    filled.add(name);
  }
}

/** How the operator knows a value that a command took from a variable. */
export function nameOfOwn(variable: Variable): string {
  const key = OWN_KEYS.find((each) => OWN_SETTINGS[each].env === variable);
  return key !== undefined && filled.has(variable) ? `the setting ${key}` : variable;
}

/** Settings that cannot be read are a matter of the commands that need them. */
function readable(settings: Settings): Settings | null {
  try {
    settings.clusters();
    return settings;
  } catch (error) {
    if (error instanceof GossipError) return null;
    throw error;
  }
}
