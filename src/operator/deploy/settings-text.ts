/** Settings of a module as they are typed: JSON, or `@FILE` that holds JSON. */
import { GossipError } from '../../model/errors.ts';
import type { Json, JsonObject } from '../../sdk/json.ts';
import { repeatedKey } from '../../model/repeated-key.ts';
import { MAX_TOLD, safeText } from '../../model/safe-text.ts';
import { MAX_SETTINGS_DEPTH } from '../../sdk/limits.ts';
import { parseJson } from '../../trust/canonical.ts';
import { withoutByteOrderMark } from '../files/byte-order-mark.ts';
import { readGiven } from '../files/given-file.ts';

/** Records are bounded, so settings are. */
const LIMITS = { maxBytes: 12 * 1024, maxDepth: MAX_SETTINGS_DEPTH };

export async function parseModuleSettings(text: string): Promise<JsonObject> {
  const isFile = text.startsWith('@');
  if (!isFile && looksLikePath(text)) {
    throw new GossipError('GOSSIP_E_USAGE', `the settings '${safeText(text, MAX_TOLD)}' are no JSON`, {
      advice: `A file is written with an @ before it: @${safeText(text, MAX_TOLD)}.`,
    });
  }
  const value = jsonOfSettings(isFile ? await readGiven(text.slice(1), 'settings') : Buffer.from(text));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new GossipError('GOSSIP_E_USAGE', 'settings are a JSON object', { advice: `Write them as '{"key": "value"}', or as @FILE.` });
}

/** JSON of any kind begins otherwise, or is one word without dots and slashes. */
function looksLikePath(text: string): boolean {
  return /^[\w.~/][^\s"{}[\]]*[./][^\s"{}[\]]*$/.test(text) && !/^[\d.]+$/.test(text);
}

/** Any value that settings may hold. */
export function jsonOfSettings(bytes: Uint8Array): Json {
  try {
    const text = withoutByteOrderMark(bytes);
    const settings = parseJson(text, LIMITS) as Json;
    const twice = repeatedKey(Buffer.from(text).toString());
    if (twice === null) return settings;
    throw new Error(`${safeText(twice.path, MAX_TOLD)} is given twice`);
  } catch (cause) {
    throw new GossipError('GOSSIP_E_USAGE', `the settings cannot be read: ${(cause as Error).message}`, { cause });
  }
}
