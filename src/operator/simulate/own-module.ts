/** An author's own module in the simulator: checked as nodes would run it, then run in this process, as in its tests. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GossipError } from '../../model/errors.ts';
import { isWasm } from '../../model/module-json.ts';
import { MAX_TOLD, safeText } from '../../model/safe-text.ts';
import { classIn } from '../../sdk/border.ts';
import { ExchangeError } from '../../sdk/index.ts';
import type { ModuleClass } from '../../sdk/index.ts';
import { wasmModule } from '../../sdk/wasm.ts';
import type { OwnModule, SpreadPlan } from '../../sim/play/plan.ts';
import { readCode } from '../deploy/code-source.ts';
import { requirePassed } from '../module/check-failure.ts';
import { tryModule } from '../module/checks.ts';

export interface OwnCode {
  readonly module: OwnModule;
  /** Of all its files. */
  readonly bytes: number;
}

/**
 * Built code in a directory, once it has passed what `gossip module check` asks.
 * @throws the code of the first check that failed, GOSSIP_E_MODULE_JSON, GOSSIP_E_CODE_PATH
 */
export async function readOwnModule(path: string, { settings, rounds }: Pick<OwnModule, 'settings' | 'rounds'>): Promise<OwnCode> {
  const { directory, moduleJson, reference } = await readCode(resolve(path));
  const { checks } = await tryModule(directory, { settings });
  requirePassed(checks, `See 'gossip module check ${path}'.`);
  return { module: { name: moduleJson.name, entry: resolve(directory, moduleJson.entry), settings, rounds }, bytes: reference.bytes };
}

/** The class of the plan's own module; undefined where it names none. From then on its code runs in this process. */
export async function ownClass({ modules }: SpreadPlan): Promise<ModuleClass | undefined> {
  if (typeof modules === 'string') return undefined;
  // As a node's host does: an exchange that nobody awaits is forgotten; anything else ends what it happens in.
  if (!process.listeners('unhandledRejection').includes(endUnlessForgotten)) process.on('unhandledRejection', endUnlessForgotten);
  // Its memory was held to its limits when it was checked.
  if (isWasm(modules)) return wasmModule(await readFile(modules.entry), { memoryMb: 4_096 });
  return classIn(await import(pathToFileURL(modules.entry).href));
}

/** Of an author's module that broke the run from outside its calls, as in a timer of its own. */
export function moduleBroke(cause: Error): GossipError {
  return new GossipError('GOSSIP_E_MODULE_CRASH', `the module threw where nobody catches it: ${safeText(cause.message, MAX_TOLD)}`, {
    advice: 'A node would end the instance there. Catch it, or await the promise that it came from.',
    cause,
  });
}

function endUnlessForgotten(error: unknown): void {
  if (!(error instanceof ExchangeError)) throw error;
}
