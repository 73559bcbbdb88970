/** Settings of the modules that come with the program: what they would refuse on every node is refused before it is signed. */
import { GossipError } from '../../model/errors.ts';
import { SETTINGS as AGGREGATE } from '../../modules/aggregate/settings.ts';
import { SETTINGS as MEMBERSHIP } from '../../modules/membership/settings.ts';
import { SETTINGS as REGISTRY } from '../../modules/registry/settings.ts';
import type { JsonObject } from '../../sdk/json.ts';
import { knownSettings } from '../../sdk/known-settings.ts';
import { isShipped } from './code-source.ts';
import type { DirectoryCode } from './code-source.ts';

const KNOWN: ReadonlyMap<string, readonly string[]> = new Map([
  ['aggregate', AGGREGATE],
  ['membership', MEMBERSHIP],
  ['registry', REGISTRY],
]);

/** Whatever `code` is of the operator's own, has settings that only it knows. */
export function checkShippedSettings(code: DirectoryCode, settings: JsonObject): void {
  const known = isShipped(code) ? KNOWN.get(code.moduleJson.name) : undefined;
  if (known === undefined) return;
  try {
    knownSettings(settings, known);
  } catch (cause) {
    throw new GossipError('GOSSIP_E_USAGE', `${code.moduleJson.name}: ${(cause as Error).message}`, {
      advice: "Give it settings that it knows with --settings; '{}' takes away all that it has.",
      cause,
    });
  }
}
