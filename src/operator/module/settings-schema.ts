/** The schema that code brings along for its settings, read and asked by an operator's command. */
import { runInNewContext } from 'node:vm';
import { GossipError } from '../../model/errors.ts';
import type { ErrorCode } from '../../model/errors.ts';
import type { Manifest } from '../../model/manifest.ts';
import { parseModuleJson } from '../../model/module-json.ts';
import type { ContentHash } from '../../model/names.ts';
import { chosenSchema, MAX_SETTINGS_SCHEMA_BYTES, SETTINGS_SCHEMA_FILE, settingsMisfit } from '../../model/settings-schema.ts';
import type { JsonObject } from '../../sdk/json.ts';
import { STEP_MS } from '../../sdk/limits.ts';

/** Files of some code, wherever it lies. */
interface CodeFiles {
  manifest(): Promise<Manifest>;
  blob(hash: ContentHash): Promise<Uint8Array>;
}

/** It lost the code, or it is code of a release with other fields. */
const UNTOLD: ReadonlySet<ErrorCode> = new Set(['GOSSIP_E_NOT_FOUND', 'GOSSIP_E_CODE_ABSENT', 'GOSSIP_E_MODULE_JSON']);

/** Null where anything goes. */
export async function schemaOf(code: CodeFiles): Promise<JsonObject | null> {
  const { files } = await code.manifest();
  const textOf = async (name: string): Promise<string | null> => {
    const file = files.find(({ path }) => path === name);
    if (file === undefined) return null;
    // One character more than may be is enough to be refused.
    if (file.size > MAX_SETTINGS_SCHEMA_BYTES) return ' '.repeat(MAX_SETTINGS_SCHEMA_BYTES + 1);
    return Buffer.from(await code.blob(file.sha256)).toString();
  };
  const moduleJson = await textOf('module.json');
  return chosenSchema(moduleJson === null ? undefined : parseModuleJson(moduleJson).settingsSchema, await textOf(SETTINGS_SCHEMA_FILE));
}

/** Likewise of code that was deployed before: where it cannot be told, that is no reason to hold a repair up, and nodes look themselves. */
export async function schemaOfDeployed(code: CodeFiles): Promise<JsonObject | null> {
  try {
    return await schemaOf(code);
  } catch (thrown) {
    if (thrown instanceof GossipError && UNTOLD.has(thrown.code)) return null;
    throw thrown;
  }
}

/**
 * Refuses before anything is signed what every node would refuse.
 * @throws GOSSIP_E_MODULE_SETTINGS with path and rule
 */
export function requireFitting(schema: JsonObject | null, settings: JsonObject, deadlineMs = STEP_MS): void {
  const misfit = schema && inTime(deadlineMs, () => settingsMisfit(schema, settings));
  if (misfit !== null) throw new GossipError('GOSSIP_E_MODULE_SETTINGS', misfit);
}

/** A regular expression may take for ever, and somebody else may have signed it. Nodes wait as long. */
function inTime(deadlineMs: number, run: () => string | null): string | null {
  try {
    return runInNewContext('run()', { run }, { timeout: deadlineMs }) as string | null;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw thrown;
    return `the schema of the settings cannot be used: it takes more than ${deadlineMs} ms`;
  }
}
