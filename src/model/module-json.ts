/** `module.json`, beside a module's code: its name, its entry and its limits. */
import * as v from 'valibot';
import { GossipError } from './errors.ts';
import { safeText } from './safe-text.ts';
import { isModuleName } from './names.ts';
import type { ModuleName } from './names.ts';
import type { JsonObject } from '../sdk/json.ts';
import { MAX_USES } from '../sdk/limits.ts';
import { readJson } from '../sdk/json-text.ts';
import { nearest } from '../sdk/nearest.ts';
import type { Manifest } from './manifest.ts';

export const MAX_MODULE_JSON_BYTES = 64 * 1024;

export interface ModuleLimits {
  /** The JavaScript heap of the module's process. Default 128; 16 to 4096. */
  readonly heapMb: number;
  /** All memory of the process, buffers included; more ends it. At least `heapMb`. Default 256, or `heapMb` + 128 where that is more. */
  readonly residentMb: number;
  /** Lines of output a second that are kept; more are dropped and counted. Default 100; 1 to 10000. */
  readonly logLinesPerSecond: number;
}

export interface ModuleJson {
  readonly name: ModuleName;
  /** The author's label, such as `1.2.0`. Shown; decides nothing. */
  readonly version: string;
  /** The file to load, relative to module.json. */
  readonly entry: string;
  /** Which form of the SDK the code was written against. */
  readonly api: 1;
  readonly limits: ModuleLimits;
  /** Other modules on the same node that it asks and watches. Default none; at most 16. */
  readonly uses: readonly ModuleName[];
  readonly description: string;
  /** The JSON Schema of its settings, as it is: what holds settings to it looks into it. */
  readonly settingsSchema?: JsonObject | undefined;
}

const ENTRY = /^(?:[A-Za-z0-9_][A-Za-z0-9._-]*\/)*[A-Za-z0-9_][A-Za-z0-9._-]*\.(?:js|mjs|cjs|wasm)$/;

const whole = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message));
};
const line = (min: number, max: number) => {
  const message = `must be ${min} to ${max} printable characters`;
  return v.pipe(
    v.string(message),
    v.minLength(min, message),
    v.maxLength(max, message),
    v.regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u, message),
  );
};
const USES_RULE = `must be a list of at most ${MAX_USES} names of other modules, each once`;
const NAME_RULE = 'must be a lower-case letter, then at most 39 letters, digits or dashes';
const ENTRY_RULE = "must be a plain relative path to a .js, .mjs, .cjs or .wasm file, such as 'index.js'";

const limitsSchema = v.pipe(
  v.strictObject(
    {
      heapMb: v.optional(whole(16, 4_096), 128),
      residentMb: v.optional(whole(32, 16_384)),
      logLinesPerSecond: v.optional(whole(1, 10_000), 100),
    },
    unknownField,
  ),
  v.check(
    ({ heapMb, residentMb }) => residentMb === undefined || residentMb >= heapMb,
    'must give residentMb at least the value of heapMb',
  ),
  v.transform((limits): ModuleLimits => ({ ...limits, residentMb: limits.residentMb ?? Math.max(256, limits.heapMb + 128) })),
);

const usesSchema = v.pipe(
  v.array(v.pipe(v.string(NAME_RULE), v.guard(isModuleName, NAME_RULE)), USES_RULE),
  v.maxLength(MAX_USES, USES_RULE),
  v.check((names) => new Set(names).size === names.length, USES_RULE),
);

const schema = v.strictObject(
  {
    name: v.pipe(v.string(NAME_RULE), v.check(isModuleName, NAME_RULE)),
    version: line(1, 64),
    entry: v.pipe(v.string(ENTRY_RULE), v.maxLength(512, ENTRY_RULE), v.regex(ENTRY, ENTRY_RULE)),
    api: v.literal(1, 'must be 1'),
    limits: v.optional(limitsSchema, {}),
    uses: v.optional(usesSchema, []),
    description: v.optional(line(0, 1_024), ''),
    settingsSchema: v.optional(v.custom<JsonObject>(isObject, 'must be a JSON Schema, which is an object')),
  },
  unknownField,
);

/** The checked content of a module.json; the error names the field that is wrong. */
export function parseModuleJson(text: string): ModuleJson {
  if (text.length > MAX_MODULE_JSON_BYTES) refuse(`has more than ${MAX_MODULE_JSON_BYTES} characters`);
  const result = v.safeParse(schema, parseJson(text), { abortEarly: true });
  if (result.success) return notUsingItself({ ...result.output, name: result.output.name as ModuleName });
  const [issue] = result.issues;
  const field = v.getDotPath(issue);
  return refuse(field === null ? issue.message : `'${safeText(field, 100)}' ${issue.message}`);
}

/** Whether the entry is WebAssembly: another language's compiler made it. */
export function isWasm({ entry }: Pick<ModuleJson, 'entry'>): boolean {
  return entry.endsWith('.wasm');
}

function notUsingItself(moduleJson: ModuleJson): ModuleJson {
  return moduleJson.uses.includes(moduleJson.name) ? refuse(`'uses' names '${moduleJson.name}', which is the module itself`) : moduleJson;
}

/** Refuses code without the file that its module.json names: to the letter, though some systems would find it without regard to case. */
export function checkEntry({ entry }: ModuleJson, { files }: Manifest): void {
  const paths = files.map(({ path }) => path);
  if (paths.includes(entry)) return;
  const meant = nearest(
    entry,
    paths.filter((path) => ENTRY.test(path)),
  );
  const hint = meant === undefined ? '' : `; perhaps '${meant}' is meant`;
  throw new GossipError('GOSSIP_E_MODULE_JSON', `module.json names the entry '${entry}', which is not among the files${hint}`);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  // Every node reads the same bytes, and not all releases would read these.
  if (text.startsWith('\ufeff')) return refuse('begins with a byte order mark: save it as UTF-8 without one');
  try {
    return readJson(text);
  } catch (cause) {
    return refuse(`is not JSON: ${cause instanceof Error ? safeText(cause.message, 100) : ''}`, cause);
  }
}

function unknownField(issue: v.StrictObjectIssue): string {
  if (issue.expected === 'never') return 'is not a field of it';
  return issue.received === 'undefined' ? 'is missing' : 'must be an object';
}

function refuse(why: string, cause?: unknown): never {
  throw new GossipError('GOSSIP_E_MODULE_JSON', `module.json: ${why}`, { cause });
}
