/**
 * A few GossipNodes on a network in memory, with virtual time. Messages really are encoded and decoded, and every
 * effect is carried out: disks that outlive a crash, codes, and instances whose behaviour their code's label names.
 */
import { GossipNode } from '../../src/gossip/node.ts';
import type { Checks } from '../../src/gossip/node.ts';
import type { EffectOf, Checkpoint, Failure, GossipEffect, GossipEvent, Hint, Note } from '../../src/gossip/protocol.ts';
import type { GossipAnswer, GossipRequest } from '../../src/gossip/messages.ts';
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from '../../src/gossip/wire.ts';
import { deploymentName } from '../../src/model/deployment.ts';
import type { VerifiedDeployment } from '../../src/model/deployment.ts';
import type { ContentHash, ModuleName, Peer } from '../../src/model/names.ts';
import { seeded, verify } from './records.ts';
import { stateOf, textOf } from '../../src/model/state-bytes.ts';

const STATELESS: Failure = { code: 'GOSSIP_E_MODULE_STATE', message: 'it gives no state' };

/** A running instance: what it remembers, and where that came from. Words of state spread by gossip, so contamination shows. */
export interface TestInstance {
  readonly record: VerifiedDeployment;
  readonly words: Set<string>;
  active: boolean;
}

export interface NetworkOptions {
  readonly intervalMs?: number;
  readonly latencyMs?: number;
  readonly seed?: number;
  readonly checks?: Checks;
  readonly rendezvous?: readonly Peer[];
  readonly runs?: (module: ModuleName, node: string) => boolean;
}

export class Network {
  readonly options: Required<Omit<NetworkOptions, 'checks'>> & { readonly checks: Checks | undefined };
  readonly nodes = new Map<string, TestNode>();
  readonly random: () => number;
  /** What happened, a line each. */
  readonly trace: string[] = [];
  now = 0;
  readonly #queue: { at: number; order: number; act: () => void }[] = [];
  #order = 0;

  constructor(options: NetworkOptions = {}) {
    this.options = { intervalMs: 1_000, latencyMs: 2, seed: 1, rendezvous: [], runs: () => true, checks: undefined, ...options };
    this.random = seeded(this.options.seed);
  }

  add(peer: Peer): TestNode {
    const node = new TestNode(this, peer);
    this.nodes.set(peer.name, node);
    return node;
  }

  node(name: string): TestNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }

  at(peer: Peer): TestNode | undefined {
    return [...this.nodes.values()].find((node) => node.peer.address === peer.address && node.gossip !== null);
  }

  later(delayMs: number, act: () => void): void {
    const event = { at: this.now + Math.max(0, delayMs), order: (this.#order += 1), act };
    const place = this.#queue.findLastIndex(({ at }) => at <= event.at) + 1;
    this.#queue.splice(place, 0, event);
  }

  run(durationMs: number): void {
    const end = this.now + durationMs;
    for (let next = this.#queue[0]; next !== undefined && next.at <= end; next = this.#queue[0]) {
      this.#queue.shift();
      this.now = next.at;
      next.act();
    }
    this.now = end;
  }

  /** Runs until the condition holds; false when it did not within the given time. */
  runUntil(condition: () => boolean, mostMs: number): boolean {
    for (let spent = 0; spent < mostMs && !condition(); spent += 50) this.run(50);
    return condition();
  }
}

const down: Failure = { code: 'GOSSIP_E_UNREACHABLE', message: 'nobody listens there' };

export class TestNode {
  readonly network: Network;
  readonly peer: Peer;
  /** What outlives a crash. */
  readonly disk = {
    records: [] as readonly VerifiedDeployment[],
    hints: [] as readonly Hint[],
    checkpoints: new Map<ModuleName, Checkpoint>(),
    codes: new Set<ContentHash>(),
  };
  gossip: GossipNode | null = null;
  incarnation = 0;
  readonly instances = new Map<string, TestInstance>();
  readonly notes: Note[] = [];
  /** Requests sent, by kind. */
  readonly sent = { exchange: 0, configuration: 0 };
  /** Nodes that cannot be reached from here. */
  readonly cutFrom = new Set<string>();
  readonly injected: string[] = [];
  /** Answers every request for code with other bytes. */
  servesGarbage = false;
  /** Deployments in the order in which they ran, over all lives of the node. */
  readonly activated: VerifiedDeployment[] = [];
  readonly replies: string[] = [];
  readonly #waiting = new Map<number, (answer: GossipAnswer) => void>();
  #token = 0;
  #run = 0;

  constructor(network: Network, peer: Peer) {
    this.network = network;
    this.peer = peer;
  }

  start(hints: readonly Peer[] = []): this {
    const { intervalMs, rendezvous, seed, checks, runs } = this.network.options;
    this.incarnation += 1;
    this.#run += 1;
    this.gossip = new GossipNode(
      {
        self: this.peer,
        incarnation: this.incarnation,
        rendezvous,
        runs: (module) => runs(module, this.peer.name),
        records: this.disk.records,
        hints: [...this.disk.hints, ...hints.map((hint) => ({ ...hint, failures: 0, proven: false }))],
        intervalMs,
        random: seeded(seed * 1_000 + this.network.nodes.size * 31 + parseInt(this.peer.id.slice(0, 4), 16) + this.incarnation),
      },
      checks,
    );
    this.handle({ type: 'start' });
    return this;
  }

  /** Ends without a word; only the disk stays. */
  crash(): void {
    this.gossip = null;
    this.#run += 1;
    this.instances.clear();
    this.#waiting.clear();
  }

  handle(event: GossipEvent): void {
    if (this.gossip === null) return;
    for (const effect of this.gossip.handle(event, this.network.now)) this.#perform(effect);
  }

  /** Runs later, unless the node has ended by then. */
  #later(delayMs: number, event: () => GossipEvent): void {
    const run = this.#run;
    this.network.later(delayMs, () => {
      if (run === this.#run) this.handle(event());
    });
  }

  inject(record: VerifiedDeployment): void {
    if (record.deployment.code !== null) this.disk.codes.add(record.deployment.code.hash);
    this.handle({ type: 'inject', token: (this.#token += 1), record });
  }

  /** Lets the running instance of the module exchange with a peer. */
  exchange(module: ModuleName, to: Peer): void {
    const running = this.running(module);
    if (running === undefined) return;
    const body = new TextEncoder().encode(JSON.stringify([...running.instance.words]));
    this.handle({ type: 'module-exchange', token: (this.#token += 1), module, generation: running.generation, to, body });
  }

  running(module: ModuleName): { generation: number; instance: TestInstance } | undefined {
    const generation = this.gossip?.view(this.network.now).modules.find(({ name }) => name === module)?.generation ?? null;
    const instance = generation === null ? undefined : this.instances.get(`${module}/${generation}`);
    return generation === null || instance === undefined ? undefined : { generation, instance };
  }

  view(module: string) {
    return this.gossip?.view(this.network.now).modules.find(({ name }) => name === module);
  }

  crashInstance(module: ModuleName, code: Failure['code'] = 'GOSSIP_E_MODULE_CRASH'): void {
    const running = this.running(module);
    if (running === undefined) return;
    this.instances.delete(`${module}/${running.generation}`);
    this.handle({ type: 'instance-failed', module, generation: running.generation, failure: { code, message: 'it fell over' } });
  }

  #perform(effect: GossipEffect): void {
    switch (effect.type) {
      case 'timer':
        return this.#later(effect.at - this.network.now, () => ({ type: 'timer', token: effect.token }));
      case 'send':
        return this.#send(effect.token, effect.to, effect.message);
      case 'respond':
        this.#waiting.get(effect.token)?.(effect.message);
        this.#waiting.delete(effect.token);
        return;
      case 'injected':
        return void this.injected.push(effect.outcome);
      case 'persist-configuration':
        this.disk.records = effect.records;
        return;
      case 'persist-hints':
        this.disk.hints = effect.hints;
        return;
      case 'persist-checkpoint':
        return void this.disk.checkpoints.set(effect.module, effect.checkpoint);
      case 'drop-checkpoint':
        return void this.disk.checkpoints.delete(effect.module);
      case 'load-checkpoint':
        return this.#later(1, () => ({
          type: 'checkpoint-loaded',
          module: effect.module,
          checkpoint: this.disk.checkpoints.get(effect.module) ?? null,
          ageMs: 0,
        }));
      case 'fetch-code':
        return this.#fetch(effect);
      case 'note':
        return this.#note(effect.note);
      case 'start-instance':
      case 'take-state':
      case 'accept-state':
      case 'activate':
      case 'stop-instance':
      case 'deliver':
      case 'module-reply':
        return this.#instance(effect);
    }
  }

  #send(token: number, to: Peer, message: GossipRequest): void {
    const { latencyMs } = this.network.options;
    this.sent[message.kind] += 1;
    const wire = encodeRequest(message, this.peer.address);
    this.network.trace.push(`${this.peer.name} -> ${to.name} ${describeRequest(message)}`);
    this.network.later(latencyMs, () => {
      const target = this.network.at(to);
      if (target === undefined || this.cutFrom.has(target.peer.name) || target.cutFrom.has(this.peer.name)) {
        return this.#later(latencyMs, () => ({ type: 'no-answer', token, failure: down }));
      }
      const decoded = decodeRequest({ ...wire, headers: new Map(Object.entries(wire.headers)) }, verify);
      target.receive(this.peer, decoded, (answer) => {
        const back = encodeAnswer(answer);
        this.network.trace.push(`${target.peer.name} -> ${this.peer.name} ${describeAnswer(answer)}`);
        this.#later(latencyMs, () => {
          const arrived = decodeAnswer(message, { ...back, headers: new Map(Object.entries(back.headers)) }, verify);
          return { type: 'answer', token, message: arrived };
        });
      });
    });
  }

  receive(from: Peer, message: GossipRequest, answer: (answer: GossipAnswer) => void): void {
    this.#token += 1;
    this.#waiting.set(this.#token, answer);
    this.handle({ type: 'request', token: this.#token, from, message });
  }

  #fetch({ token, code, from }: EffectOf<'fetch-code'>): void {
    this.network.trace.push(`${this.peer.name} fetch ${code.version} from ${from.name}`);
    this.#later(2 * this.network.options.latencyMs, () => {
      const source = this.network.at(from);
      const reached = source !== undefined && !this.cutFrom.has(source.peer.name) && !source.cutFrom.has(this.peer.name);
      if (!reached) return { type: 'code-failed', token, failure: down, referrals: [] };
      if (source.servesGarbage)
        return { type: 'code-failed', token, failure: { code: 'GOSSIP_E_CODE_MISMATCH', message: 'other bytes' }, referrals: [] };
      if (!source.disk.codes.has(code.hash))
        return { type: 'code-failed', token, failure: { code: 'GOSSIP_E_CODE_ABSENT', message: 'not here' }, referrals: [] };
      this.disk.codes.add(code.hash);
      return { type: 'code-fetched', token };
    });
  }

  #note(note: Note): void {
    this.notes.push(note);
    if (note.event === 'state-dropped') this.network.trace.push(`${this.peer.name} drops state of ${note.module}: ${note.why}`);
    if (note.event !== 'module-state') return;
    const why = note.why === null ? '' : ` (${note.why.message})`;
    this.network.trace.push(`${this.peer.name} ${note.module} ${note.deployment ?? 'nothing'} ${note.state}${why}`);
  }

  #instance(effect: Extract<GossipEffect, { generation: number }>): void {
    const { module, generation } = effect;
    const key = `${module}/${generation}`;
    const instance = this.instances.get(key);
    const fail = (code: Failure['code'], message: string) => {
      this.instances.delete(key);
      this.#later(1, () => ({ type: 'instance-failed', module, generation, failure: { code, message } }));
    };
    const label = instance?.record.deployment.code?.version ?? '';
    switch (effect.type) {
      case 'start-instance': {
        const { code } = effect.record.deployment;
        if (code === null || !this.disk.codes.has(code.hash)) return fail('GOSSIP_E_CODE_ABSENT', 'the code is not here');
        if (code.version.startsWith('broken')) return fail('GOSSIP_E_MODULE_LOAD', 'it does not load');
        const fresh = { record: effect.record, words: new Set([this.#birth(effect.record)]), active: false };
        this.instances.set(key, fresh);
        return this.#later(1, () => ({ type: 'instance-loaded', module, generation }));
      }
      case 'take-state':
        return this.#later(1, () => ({
          type: 'state-taken',
          module,
          generation,
          taken:
            label.startsWith('stateless') || !instance ? { failure: STATELESS } : { state: stateOf(JSON.stringify([...instance.words])) },
        }));
      case 'accept-state':
        if (label.startsWith('rejecting')) return fail('GOSSIP_E_MODULE_STATE', 'it does not take the state');
        for (const word of JSON.parse(textOf(effect.state)) as string[]) instance?.words.add(word);
        return this.#later(1, () => ({ type: 'instance-accepted', module, generation }));
      case 'activate':
        if (label.startsWith('throwing')) return fail('GOSSIP_E_MODULE_START', 'it does not start');
        if (instance) {
          instance.active = true;
          this.activated.push(instance.record);
        }
        if (label.startsWith('crashing')) this.network.later(20, () => this.#crashGeneration(module, generation));
        return this.#later(1, () => ({ type: 'instance-active', module, generation }));
      case 'stop-instance':
        return void this.instances.delete(key);
      case 'deliver': {
        const { token, body } = effect;
        if (instance === undefined) return this.#later(1, () => ({ type: 'delivered', token, reply: { failure: down } }));
        for (const word of JSON.parse(new TextDecoder().decode(body)) as string[]) instance.words.add(word);
        const answer = new TextEncoder().encode(JSON.stringify([...instance.words]));
        return this.#later(1, () => ({ type: 'delivered', token, reply: { body: answer } }));
      }
      case 'module-reply':
        this.replies.push('body' in effect.reply ? 'answer' : effect.reply.failure.code);
        if (instance && 'body' in effect.reply) {
          for (const word of JSON.parse(new TextDecoder().decode(effect.reply.body)) as string[]) instance.words.add(word);
        }
    }
  }

  /** The word an instance is born with: node, deployment and, after a scrub, the state epoch. */
  #birth(record: VerifiedDeployment): string {
    const { module } = record.deployment;
    const scrub = this.gossip
      ?.records()
      .find(({ deployment }) => deployment.module === module && (deployment.scrub || deployment.code === null));
    const epoch = scrub === undefined ? '' : `/${deploymentName(scrub.deployment)}`;
    return `${this.peer.name}@${deploymentName(record.deployment)}${epoch}`;
  }

  #crashGeneration(module: ModuleName, generation: number): void {
    if (!this.instances.delete(`${module}/${generation}`)) return;
    this.handle({ type: 'instance-failed', module, generation, failure: { code: 'GOSSIP_E_MODULE_CRASH', message: 'it fell over' } });
  }
}

function names(records: readonly VerifiedDeployment[]): string {
  return `[${records.map(({ deployment }) => deploymentName(deployment)).join(' ')}]`;
}

function describeRequest(message: GossipRequest): string {
  if (message.kind === 'exchange') return `exchange d${message.stamp.sequence}`;
  return message.summary === null ? `push ${names(message.records)}` : `configuration ${names(message.records)}`;
}

function describeAnswer(answer: GossipAnswer): string {
  if (answer.kind === 'answer') return '200 answer';
  if (answer.kind === 'mismatch') return `409 ${names(answer.records)}`;
  if (answer.kind === 'unavailable') return `503 ${answer.reason}`;
  return `200 records ${names(answer.records)} lacking ${answer.lacking.length} fresh ${answer.fresh}`;
}
