/** A module in WebAssembly as an ordinary one: a class that keeps the contract of `GossipModule`, so that nobody else knows of it. */
import type { Said } from '../content.ts';
import type { Body, Json } from '../json.ts';
import { GossipModule } from '../module.ts';
import type { Caller, ModuleClass, ModuleContext, Peer, StopReason } from '../module.ts';
import { Calls } from './calls.ts';
import type { Outcome } from './calls.ts';
import { Module } from './engine.ts';
import type { Compiled } from './engine.ts';
import { bodyOf, handed, handedState, jsonOf } from './forms.ts';
import { Guest, NoRoom, Trap } from './guest.ts';
import { gossipImports, peerText } from './imports.ts';
import type { Surrounding } from './imports.ts';
import { checkPorts, GOSSIP } from './interface.ts';
import type { Called } from './functions.ts';
import { PAGE_BYTES, withBoundedMemory } from './memory-bound.ts';
import { encode } from '../utf8.ts';
import { WASI, wasiImports } from './wasi.ts';

/** Limits of the code. */
export interface WasmOptions {
  /** How large the code's memory may grow, in MiB. Default 160: what the default of `limits.residentMb` leaves. */
  readonly memoryMb?: number;
}

/** What the process of a module needs beside the memory of its code. */
const OF_THE_HOST_MB = 96;
const LEAST_MEMORY_MB = 16;
const STOP_REASONS: readonly StopReason[] = ['update', 'shutdown', 'removed'];

/** How large the memory of code may grow in a process that may have `residentMb`: an allocation fails before the process is ended. */
export function memoryMbWithin(residentMb: number): number {
  return Math.max(LEAST_MEMORY_MB, residentMb - OF_THE_HOST_MB);
}

/** The class of a module in WebAssembly. Throws an error that names what does not fit the interface; runs nothing of the code yet. */
export function wasmModule(bytes: Uint8Array, options: WasmOptions = {}): ModuleClass {
  const code = compiled(bytes, options);
  const asks = Module.exports(code).some(({ name }) => name === 'request');
  // Who has no `request` cannot be asked: the method itself says so.
  const Base = asks ? AskedInstance : WasmInstance;
  return class extends Base {
    constructor(context: ModuleContext) {
      super(context, code);
    }
  };
}

/** Refuses code that no host would load, by the same error. */
export function checkWasm(bytes: Uint8Array, options: WasmOptions = {}): void {
  compiled(bytes, options);
}

function compiled(bytes: Uint8Array, { memoryMb = memoryMbWithin(256) }: WasmOptions): Compiled {
  const bounded = withBoundedMemory(bytes, Math.floor((memoryMb * 1024 * 1024) / PAGE_BYTES));
  let code: Compiled;
  try {
    code = new Module(bounded);
  } catch (cause) {
    throw new Error(`it is no valid WebAssembly: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  checkPorts(code);
  return code;
}

class WasmInstance extends GossipModule {
  readonly #guest = new Guest();
  readonly #calls = new Calls();

  constructor(context: ModuleContext, code: Compiled) {
    super(context);
    const tell: Surrounding['tell'] = (name, ...given) => this.#tell(name, ...given);
    const around = { guest: this.#guest, context, calls: this.#calls, tell };
    this.#guest.begin(code, { [GOSSIP]: gossipImports(around), [WASI]: wasiImports(this.#guest, context) });
    if (this.#guest.has('onLost')) context.onLost?.((peer) => tell('onLost', encode(peerText(peer))));
  }

  override start(): void {
    if (this.#guest.has('start')) this.#step('start');
  }

  override async receive(body: Body, from: Peer): Promise<Body> {
    return bodyOf(await this.ask('receive', ...handed(body), encode(peerText(from))));
  }

  override transferState(): Said {
    const state = this.#now('transferState');
    if (state === undefined) throw new TypeError('transferState() must answer before it returns');
    return state;
  }

  override acceptState(state: Said): void {
    this.#step('acceptState', ...handedState(state));
  }

  override inspect(): Json {
    if (!this.#guest.has('inspect')) return null;
    const shown = this.#now('inspect');
    return shown === undefined ? null : jsonOf('what inspect() shows', shown);
  }

  override stop(reason: StopReason): void {
    if (this.#guest.has('stop')) this.#step('stop', STOP_REASONS.indexOf(reason));
  }

  /** What the code answers, now or later. */
  protected ask(name: Called, ...given: readonly (number | Uint8Array)[]): Promise<Said> {
    return new Promise((resolve, reject) => {
      const call = this.#calls.begin((outcome) => ('said' in outcome ? resolve(outcome.said) : reject(outcome.refused)));
      try {
        this.#watched(() => this.#guest.call(name, call, ...given));
      } catch (error) {
        this.#calls.settle(call, { refused: error as Error });
      }
    });
  }

  /** What the code answers while it is called; undefined where it answers nothing. */
  #now(name: Called): Said | undefined {
    return this.#watched(() => this.#during(name));
  }

  /** A step of the instance's life: who traps in it ends with it, as who throws. */
  #step(name: Called, ...given: readonly (number | Uint8Array)[]): void {
    this.#during(name, ...given);
  }

  #during(name: Called, ...given: readonly (number | Uint8Array)[]): Said | undefined {
    const ended: { outcome?: Outcome } = {};
    const call = this.#calls.begin((outcome) => void (ended.outcome = outcome));
    try {
      this.#guest.call(name, call, ...given);
    } finally {
      // An answer that comes later comes too late.
      this.#calls.forget(call);
    }
    if (ended.outcome === undefined) return undefined;
    if ('refused' in ended.outcome) throw ended.outcome.refused;
    return ended.outcome.said;
  }

  #tell(name: Called, ...given: readonly (number | Uint8Array)[]): boolean {
    try {
      this.#watched(() => this.#guest.call(name, ...given));
      return true;
    } catch (error) {
      if (error instanceof NoRoom) this.context.log(`${name}() was not called: ${error.message}`);
      return false;
    }
  }

  /** What traps ends the instance: nobody knows what lies in its memory. As a rejection that nobody handles, it is the crash of the module wherever it runs. */
  #watched<Result>(run: () => Result): Result {
    try {
      return run();
    } catch (error) {
      if (error instanceof Trap && !(error.cause instanceof Trap)) void Promise.reject(error);
      throw error;
    }
  }
}

/** An instance that programs on its node's machine may ask. */
class AskedInstance extends WasmInstance {
  override async request(body: Body, caller: Caller): Promise<Body> {
    return bodyOf(await this.ask('request', ...handed(body), encode(JSON.stringify(caller))));
  }
}
