/** The stage of the simulator: its virtual hosts, and a core that answers for the peer. */
import type { Failure } from '../../../src/gossip/protocol.ts';
import type { Address, ModuleName, NodeId, PayloadHash, Peer } from '../../../src/model/names.ts';
import { valueOf } from '../../../src/sdk/border-applications.ts';
import { contentOf, saidIn } from '../../../src/model/content.ts';
import type { StateBytes } from '../../../src/model/state-bytes.ts';
import type { Said } from '../../../src/sdk/content.ts';
import type { Content } from '../../../src/model/content.ts';
import { bodyOf, messageOf, requestOf, shownText } from '../../../src/sdk/border.ts';
import type { Body, Json, Shown, StopReason } from '../../../src/sdk/index.ts';
import { makeCode } from '../../../src/sim/world/codes.ts';
import { Host } from '../../../src/sim/node/host.ts';
import type { Done } from '../../../src/sim/node/host.ts';
import { markBody, markState, readBody, readState } from '../../../src/sim/node/provenance.ts';
import type { Provenance } from '../../../src/sim/node/provenance.ts';
import { Random } from '../../../src/sdk/virtual/random.ts';
import { Scheduler } from '../../../src/sdk/virtual/scheduler.ts';
import { classAt } from './on-network.ts';
import { goneFailure, plain } from './stage.ts';
import type { Beginning, Stage } from './stage.ts';

const SELF: Peer = { id: '1'.repeat(64) as NodeId, address: '10.0.0.1:7946' as Address, name: 'node1' };
const OTHER: Peer = { id: '2'.repeat(64) as NodeId, address: '10.0.0.2:7946' as Address, name: 'node2' };
const provenance: Provenance = { deployment: 'd'.repeat(64) as PayloadHash, stateEpoch: null };

export class SimulatorStage implements Stage {
  readonly heard: Body[] = [];
  readonly published: [string, Json][] = [];
  readonly forgotten: string[] = [];
  readonly #write: (members: Readonly<Record<string, string>>) => Promise<string>;
  readonly #scheduler = new Scheduler();
  readonly #random = new Random('one contract');
  #host: Host | undefined;
  #generation = 0;
  #lost = false;

  constructor(write: (members: Readonly<Record<string, string>>) => Promise<string>) {
    this.#write = write;
  }

  async begin(members: Readonly<Record<string, string>>, { state }: Beginning = {}): Promise<string> {
    const host = await this.#make(members, 'd1');
    return this.#steps(host, state);
  }

  async update(members: Readonly<Record<string, string>>): Promise<string> {
    const old = this.#running;
    const host = await this.#make(members, 'd2');
    const loaded = await this.#step<void>((done) => host.load(done));
    const state = await this.#step<StateBytes>((done) => old.takeState(done));
    if ('failure' in loaded || 'failure' in state)
      return plain(('failure' in loaded ? loaded : (state as { failure: Failure })).failure.message);
    const outcome = await this.#steps(host, readState(state.value).content, true);
    if (outcome === 'runs') old.stop('update');
    return outcome;
  }

  async deliver(body: Body): Promise<Body> {
    const answer = await this.#step<Uint8Array>((done) => this.#running.deliver(OTHER, markBody(messageOf(body), provenance), done));
    return 'value' in answer ? bodyOf(readBody(answer.value).content) : plain(answer.failure.message);
  }

  async request(body: Body): Promise<Body> {
    try {
      const content = contentOf(requestOf(body));
      const answer = await this.#step<Content>((done) => this.#running.request(content, done));
      return 'value' in answer ? valueOf(saidIn(answer.value)) : plain(answer.failure.message);
    } catch (error) {
      return plain(error);
    }
  }

  async inspect(): Promise<Shown> {
    return JSON.parse(shownText(this.#running.inspect())) as Json;
  }

  async lose(): Promise<void> {
    this.#lost = true;
    this.#running.lost(OTHER);
  }

  async stop(reason: StopReason): Promise<void> {
    this.#running.stop(reason);
    await this.#scheduler.run(this.#scheduler.now + 2_000);
  }

  async until(holds: () => boolean | Promise<boolean>): Promise<void> {
    for (let passedMs = 0; !(await holds()); passedMs += 10) {
      if (passedMs > 60_000) throw new Error('it does not come to hold');
      await this.#scheduler.run(this.#scheduler.now + 10);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #steps(host: Host, state: Said | undefined, loaded = false): Promise<string> {
    const steps: ((done: Done<void>) => void)[] = [
      ...(loaded ? [] : [(done: Done<void>) => host.load(done)]),
      ...(state === undefined ? [] : [(done: Done<void>) => host.accept(markState(state, provenance, 0), done)]),
      (done) => host.activate(done),
    ];
    for (const step of steps) {
      const settled = await this.#step(step);
      if ('failure' in settled) return plain(settled.failure.message);
    }
    this.#host = host;
    return 'runs';
  }

  async #step<T>(ask: (done: Done<T>) => void): Promise<Parameters<Done<T>>[0]> {
    let settled: Parameters<Done<T>>[0] = { failure: { code: 'GOSSIP_E_TIMEOUT', message: 'no outcome' } };
    ask((outcome) => (settled = outcome));
    await this.#scheduler.run(this.#scheduler.now + 1_000);
    return settled;
  }

  async #make(members: Readonly<Record<string, string>>, deployment: string): Promise<Host> {
    const Module = classAt(await this.#write(members));
    const generation = ++this.#generation;
    const scheduler = this.#scheduler;
    const random = this.#random.fork(`instance ${generation}`);
    const host: Host = new Host({
      self: SELF,
      incarnation: 1,
      instanceId: random.fork('id').hex(32),
      module: 'probe' as ModuleName,
      generation,
      monotonic: () => scheduler.now,
      deployment,
      settings: {},
      intervalMs: 1_000,
      provenance,
      code: makeCode(Module, `one contract ${generation}`, '1', null),
      random,
      wallMs: () => scheduler.now,
      after: (delayMs, run) => scheduler.after(delayMs, run),
      promising: () => scheduler.promising(),
      peers: () => ({ near: [OTHER], others: [] }),
      strain: () => 1,
      exchange: (token, to, body) => this.#answer(host, token, to, bodyOf(readBody(body).content)),
      publish: ({ topic, text }) => this.published.push([topic, JSON.parse(text) as Json]),
      failed: () => {},
      received: () => {},
    });
    return host;
  }

  #answer(host: Host, token: number, to: Peer, said: Body): void {
    this.heard.push(said);
    if (said === 'silent') return undefined;
    if (this.#lost) return this.#scheduler.after(1, () => host.reply(token, { failure: goneFailure(to) }));
    const failure: Failure = { code: 'GOSSIP_E_MODULE_ANSWER', message: 'no answer to that' };
    return this.#scheduler.after(1, () =>
      host.reply(token, said === 'fail' ? { failure } : { body: markBody(messageOf(said), provenance) }),
    );
  }

  get #running(): Host {
    if (this.#host === undefined) throw new Error('nothing runs');
    return this.#host;
  }
}
