/** A rehearsal of an update and its rollback: a state goes through old, new and old code, each in the sandbox of a node. */
import { GossipError, toGossipError } from '../../model/errors.ts';
import type { ModuleName } from '../../model/names.ts';
import { stateBytes } from '../../model/state-bytes.ts';
import type { StateBytes } from '../../model/state-bytes.ts';
import type { Json, JsonObject } from '../../sdk/json.ts';
import { manifestHash } from '../../trust/manifest.ts';
import { readManifest } from '../../core/hosting/code-hash.ts';
import { compareStates, compareValues, isWhole } from './compare-states.ts';
import type { Difference } from './compare-states.ts';
import type { StateFile } from './state-file.ts';
import { TrialHosts } from './trial-hosts.ts';

/** Built code in a directory. */
export interface RehearsedCode {
  readonly directory: string;
  readonly version: string;
}

export interface RehearsalOptions {
  readonly module: ModuleName;
  readonly old: RehearsedCode;
  readonly next: RehearsedCode;
  /** Where it begins; null for what the old code has by itself. */
  readonly given: StateFile | null;
  readonly settings: JsonObject;
  /** The bundled host. Default: the one that the build put beside this program. */
  readonly hostProgram?: string;
  /** Told of each step that was done. */
  readonly onStep?: (step: Step) => void;
}

export interface Step {
  readonly step: 'old' | 'new' | 'back';
  readonly version: string;
  /** Length of the state that it took, null for none, and of that which it gave. */
  readonly took: number | null;
  readonly gave: number;
}

export interface Rehearsal {
  readonly steps: readonly Step[];
  /** Between the first state that the old code gave, and its last one. */
  readonly differences: readonly RehearsedDifference[];
  /** There are more. */
  readonly more: boolean;
}

export interface RehearsedDifference extends Difference {
  /** It comes about from old code to old code as well: an update has no part in it. */
  readonly byItself: boolean;
}

/** Listed at most. */
const MAX_DIFFERENCES = 200;
/** Looked for in what changes by itself. */
const MAX_OWN = 10_000;
const GRACE_MS = 2_000;
/** The longest gossip round that the shipped modules take. */
const ROUND_MS = 600_000;
const ADVICE = 'Nothing was deployed. Mend that code; a state that need not be kept is thrown away by deploying with --scrub.';

/** @throws the code of the step that failed, with the place in the module's source */
export async function rehearse(options: RehearsalOptions): Promise<Rehearsal> {
  const { old, next, given, onStep } = options;
  const steps: Step[] = [];
  const go = async (step: Step['step'], code: RehearsedCode, state: StateBytes | null): Promise<Given> => {
    const gave = await through(options, step, code, state);
    const done = { step, version: code.version, took: state && stateBytes(state), gave: stateBytes(gave.state) };
    steps.push(done);
    onStep?.(done);
    return gave;
  };
  const first = await go('old', old, given?.state ?? null);
  const middle = await go('new', next, first.state);
  const last = await go('back', old, middle.state);
  const all = compare(first, last, MAX_DIFFERENCES + 1);
  // What counts its starts, or keeps the time, never comes back as it was.
  const own = all.length === 0 ? [] : compare(first, await through(options, 'old', old, first.state), MAX_OWN);
  const isOwn = new Set(own.map(({ kind, path }) => `${kind} ${path}`));
  const differences = all.slice(0, MAX_DIFFERENCES).map((each) => ({ ...each, byItself: isOwn.has(`${each.kind} ${each.path}`) }));
  return { steps, differences, more: all.length > MAX_DIFFERENCES };
}

/** What an instance gave, and what its `inspect()` showed. */
interface Given {
  readonly state: StateBytes;
  readonly shown: Json;
}

/** Where states can only be compared as a whole, which may change by itself each time, what is shown of them tells more. */
function compare(before: Given, after: Given, max: number): Difference[] {
  const found = compareStates(before.state, after.state, max);
  return found.some(isWhole) ? [...found, ...compareValues(before.shown, after.shown, max - 1, 'inspect()')] : found;
}

/** One instance: it takes the state, starts, and gives the state on. */
async function through(
  { module, settings, given, hostProgram }: RehearsalOptions,
  step: Step['step'],
  { directory, version }: RehearsedCode,
  state: StateBytes | null,
): Promise<Given> {
  // Where its real state comes from, it finds itself in that. Its rounds are long, so that the state does not move on.
  const self = given?.origin?.node;
  const hosts = await TrialHosts.of({ directory, module, settings, intervalMs: ROUND_MS, hostProgram, ...(self && { self }) });
  let at = 'load';
  try {
    const host = await hosts.start(manifestHash(await readManifest(hosts.root)));
    at = 'acceptState';
    if (state !== null) await host.accept(state);
    at = 'start';
    await host.activate();
    at = 'transferState';
    const gave = await host.takeState();
    at = 'inspect';
    const shown = await host.inspect();
    at = 'stop';
    await host.stop(GRACE_MS, 'update');
    return { state: gave, shown };
  } catch (thrown) {
    const { code, message } = toGossipError(thrown, 'GOSSIP_E_MODULE_LOAD');
    throw new GossipError(code, `${whereOf(step)} (${version}), ${at}: ${hosts.own(message)}`, { advice: ADVICE, cause: thrown });
  } finally {
    await hosts.end();
  }
}

function whereOf(step: Step['step']): string {
  return { old: 'the old code', new: 'the new code', back: 'back in the old code' }[step];
}
