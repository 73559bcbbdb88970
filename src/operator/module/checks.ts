/** `gossip module check`: runs a module's code as a node would, and reports each step. */
import { setTimeout as wait } from 'node:timers/promises';
import { GossipError, toGossipError } from '../../model/errors.ts';
import type { ErrorCode } from '../../model/errors.ts';
import { stateBytes } from '../../model/state-bytes.ts';
import { messageOf } from '../../sdk/border.ts';
import { carry } from '../../sdk/carried.ts';
import type { ContentHash, ModuleName } from '../../model/names.ts';
import { checkEntry } from '../../model/module-json.ts';
import { hostileBodies } from '../../sdk/hostile.ts';
import type { JsonObject } from '../../sdk/json.ts';
import { ANSWER_MS } from '../../sdk/limits.ts';
import { manifestHash } from '../../trust/manifest.ts';
import { readCode } from '../deploy/code-source.ts';
import { readCodeDirectory } from './code-directory.ts';
import { requireFitting } from './settings-schema.ts';
import { SILENT, TrialHosts } from './trial-hosts.ts';
import { checkWasmEntry } from './wasm-entry.ts';
import { readManifest } from '../../core/hosting/code-hash.ts';
import type { ModuleHost } from '../../core/hosting/host.ts';
import { readModuleJson } from '../../core/hosting/module-directory.ts';

export interface Check {
  readonly check: 'module.json' | 'code' | 'settings' | 'load' | 'start' | 'inspect' | 'messages' | 'gossip' | 'state' | 'stop';
  readonly ok: boolean;
  /** What was found; for a failure what to mend, with the last lines that the module printed. */
  readonly detail: string;
  readonly code?: ErrorCode;
}

export interface CheckOptions {
  /** Settings of the trial deployment. */
  readonly settings?: JsonObject;
  /** The name that it is tried under. Default: that of its module.json. */
  readonly module?: ModuleName;
  /** The bundled host. Default: the one that the build put beside this program. */
  readonly hostProgram?: string;
}

const GRACE_MS = 2_000;
/** One gossip round of the trial: a module that gossips does so while the check waits. */
const ROUND_MS = 100;
/** How long the check waits for a first exchange. */
const GOSSIP_MS = 1_500;
/** What a failed exchange leads to shows soon. */
const AFTERMATH_MS = 200;
/** How `answerText` begins its complaints. */
const UNSENDABLE = /^\w*Error: receive\(\) answered /;
/** Of a check that there was no call for. */
const NOTHING_TO_TELL = '';

/** The checks up to the first that failed; the code works when all are `ok`. */
export async function checkModule(directory: string, options: CheckOptions = {}): Promise<Check[]> {
  return (await tryModule(directory, options)).checks;
}

/** The same, with what the module complained of meanwhile: failed tasks, rejections that nobody handled, lines for its error output. */
export async function tryModule(directory: string, options: CheckOptions = {}): Promise<{ checks: Check[]; warnings: string[] }> {
  const trial = new Trial(directory, options);
  try {
    await trial.run();
  } finally {
    await trial.end();
  }
  return { checks: trial.checks, warnings: trial.warnings };
}

/** Ends the run of checks; what failed is in the list already. */
class Failed extends Error {}

class Trial {
  readonly checks: Check[] = [];
  readonly #directory: string;
  readonly #options: CheckOptions;
  /** Null until it is known what module it is. */
  #hosts: TrialHosts | null = null;
  #exchanges = 0;
  /** The first message that it sent. */
  #said: Uint8Array | undefined;
  readonly #firstExchange = Promise.withResolvers<void>();

  constructor(directory: string, options: CheckOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  async run(): Promise<void> {
    try {
      await this.#runAll();
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
    }
  }

  async end(): Promise<void> {
    await this.#hosts?.end();
  }

  get warnings(): string[] {
    return this.#hosts?.warnings ?? [];
  }

  async #runAll(): Promise<void> {
    const { module } = await this.#check('module.json', async () => {
      const found = await readModuleJson(this.#directory);
      return { module: found, detail: `${found.name} ${found.version}, entry ${found.entry}` };
    });
    const { settings = {}, module: name = module.name, hostProgram } = this.#options;
    const onExchange = (body: Uint8Array): void => this.#heard(body);
    const hosts = await TrialHosts.of({
      directory: this.#directory,
      module: name,
      settings,
      intervalMs: ROUND_MS,
      hostProgram,
      onExchange,
    });
    this.#hosts = hosts;
    const { hash } = await this.#check('code', async () => {
      const manifest = await readManifest(hosts.root);
      checkEntry(module, manifest);
      checkWasmEntry(hosts.root, module);
      const code = manifestHash(manifest);
      // What is deployed is more where there are large files.
      return { hash: code, detail: (await readCodeDirectory(hosts.root)).hash };
    });
    await this.#check('settings', async () => {
      const { settingsSchema } = await readCode(hosts.root);
      requireFitting(settingsSchema, settings);
      return { detail: settingsSchema === null ? NOTHING_TO_TELL : 'fit the schema' };
    });
    const { host } = await this.#check('load', async () => ({ host: await hosts.start(hash), detail: 'loads in the sandbox' }));
    await this.#check('start', async () => {
      await host.activate();
      return { detail: 'starts' };
    });
    await this.#check('inspect', async () => ({ detail: JSON.stringify(await host.inspect()).slice(0, 200) }));
    await this.#check('messages', () => this.#oddMessages(host));
    await this.#check('gossip', () => this.#gossip(host));
    await this.#check('state', () => this.#handOver(host, hosts, hash));
    await this.#check('stop', async () => {
      await host.stop(GRACE_MS);
      return { detail: 'stops' };
    });
  }

  /** What no honest peer sends may be refused, and nothing worse. */
  async #oddMessages(host: ModuleHost): Promise<{ detail: string }> {
    const bodies = hostileBodies();
    let refused = 0;
    for (const body of bodies) if ((await this.#refusal(host, carry(messageOf(body)))) !== null) refused++;
    return { detail: `${bodies.length} odd messages answered, ${refused} of them by a refusal` };
  }

  /** Why it refuses a message; null where it answers. An answer that cannot be sent, or none, is no refusal. */
  async #refusal(host: ModuleHost, body: Uint8Array): Promise<string | null> {
    try {
      await host.deliver(SILENT, body, ANSWER_MS);
      return null;
    } catch (error) {
      const { code, message } = toGossipError(error);
      if (code === 'GOSSIP_E_TIMEOUT') throw new GossipError('GOSSIP_E_MODULE_ANSWER', message, { cause: error });
      if (code !== 'GOSSIP_E_MODULE_ANSWER' || UNSENDABLE.test(message)) throw error;
      return this.#hosts?.own(message) ?? message;
    }
  }

  #heard(body: Uint8Array): void {
    this.#exchanges++;
    this.#said ??= body;
    this.#firstExchange.resolve();
  }

  /** A peer that does not answer is part of every day. */
  async #gossip(host: ModuleHost): Promise<{ detail: string }> {
    await Promise.race([this.#firstExchange.promise, wait(GOSSIP_MS)]);
    await wait(AFTERMATH_MS);
    await host.inspect();
    const detail = this.#exchanges === 0 ? `began no exchange within ${GOSSIP_MS} ms` : 'lives with a peer that does not answer';
    return { detail };
  }

  /** What an instance gives, a fresh one must take, start with, and be able to give on; it should also take what the first one says. */
  async #handOver(host: ModuleHost, hosts: TrialHosts, hash: ContentHash): Promise<{ detail: string }> {
    const state = await host.takeState();
    const next = await hosts.start(hash);
    await next.accept(state);
    await next.activate();
    await next.takeState();
    const refusal = this.#said === undefined ? null : await this.#refusal(next, this.#said);
    if (refusal !== null) hosts.warnings.push(`a second instance refuses the first message of this one: ${refusal}`);
    await next.stop(GRACE_MS);
    return { detail: `a state of ${stateBytes(state)} bytes is handed over` };
  }

  async #check<T extends { detail: string }>(check: Check['check'], run: () => Promise<T>): Promise<T> {
    try {
      const result = await run();
      if (result.detail !== NOTHING_TO_TELL) this.checks.push({ check, ok: true, detail: result.detail });
      return result;
    } catch (error) {
      const { code, message } = toGossipError(error, 'GOSSIP_E_MODULE_LOAD');
      const what = message.startsWith(`${check}: `) ? message.slice(check.length + 2) : message;
      const detail = [this.#hosts?.own(what) ?? what, ...(this.#hosts?.printed ?? [])].join('\n');
      this.checks.push({ check, ok: false, detail, code });
      throw new Failed();
    }
  }
}
