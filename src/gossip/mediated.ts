/** Mediated gossip: a module's message reaches an instance only where both run the same deployment in the same state epoch (law 3). */
import { acquitsPeer, unavailableText, unansweredByModule } from '../model/exchange-reason.ts';
import type { ErrorCode } from '../model/errors.ts';
import { isNodeId } from '../model/names.ts';
import type { ModuleName, NodeId, Peer } from '../model/names.ts';
import type { ActiveView } from './active-view.ts';
import type { Configuration } from './configuration.ts';
import type { Hints } from './hints.ts';
import { Lookup } from './lookup.ts';
import type { GossipRequest, HeardAnswer, RootTold } from './messages.ts';
import type { Modules } from './modules.ts';
import { Pace } from './pace.ts';
import type { Ports } from './ports.ts';
import type { CallToken, Failure, Generation, GossipEvent, ModuleReply, Token } from './protocol.ts';
import type { Accept, Reconciler } from './reconcile.ts';
import { stampOf } from './stamp.ts';
import type { Stamp } from './stamp.ts';
import type { Standing } from './standing.ts';
import { servingOf, speakingOf } from './voice.ts';

/**
 * What to do with a message whose sender runs `theirs`.
 * `deliver`: the same; `teach`: the sender is behind; `learn`: the receiver is; `settle`: the stamps alone cannot tell;
 * `absent`: nothing runs here.
 */
export type Mediation = 'deliver' | 'teach' | 'learn' | 'settle' | 'absent';

export function mediate(ours: Stamp | null, theirs: Stamp): Mediation {
  if (ours === null) return 'absent';
  const order = compareStamps(ours, theirs);
  if (order !== 0) return order > 0 ? 'teach' : 'learn';
  return ours.hash === theirs.hash && ours.stateEpoch === theirs.stateEpoch ? 'deliver' : 'settle';
}

/** Order of the numbers in two stamps; zero where only the whole records could tell. */
function compareStamps(a: Stamp, b: Stamp): number {
  return a.trustEpoch - b.trustEpoch || a.sequence - b.sequence || a.time - b.time;
}

/** One and the same error for a peer that is not known and for one that cannot be reached: a module learns nothing of the network (attack D11). */
const NOT_REACHED: Failure = { code: 'GOSSIP_E_UNREACHABLE', message: 'the peer cannot be reached' };
/** Of a peer that once answered where it was called, here or elsewhere, it may be told that nobody listens there any more: that scans no ports. */
const GONE: Failure = { code: 'GOSSIP_E_NOT_LISTENING', message: 'nobody listens any more where the peer answered' };
const UNREACHED: ReadonlySet<ErrorCode> = new Set(['GOSSIP_E_UNREACHABLE', 'GOSSIP_E_IDENTITY', 'GOSSIP_E_PROXY', 'GOSSIP_E_ADDRESS']);

interface Sent {
  readonly module: ModuleName;
  readonly generation: Generation;
  /** The module's own token. */
  readonly asked: CallToken;
  readonly to: Peer;
  readonly stamp: Stamp;
  readonly at: number;
}

interface Delivered {
  readonly module: ModuleName;
  readonly generation: Generation;
  /** The peer's request. */
  readonly asked: CallToken;
  readonly from: Peer;
  readonly at: number;
}

type ExchangeRequest = Extract<GossipRequest, { kind: 'exchange' }>;

export interface MediatorParts {
  readonly ports: Ports;
  readonly configuration: Configuration;
  readonly hints: Hints;
  readonly view: ActiveView;
  readonly modules: Modules;
  readonly reconciler: Reconciler;
  readonly accept: Accept;
  /** Which root is held here. */
  readonly root: () => RootTold | undefined;
  readonly mediate: typeof mediate;
}

export class Mediator {
  readonly #parts: MediatorParts;
  readonly #sent = new Map<Token, Sent>();
  readonly #delivered = new Map<Token, Delivered>();
  readonly #pace: Pace;
  readonly #lookup: Lookup;

  constructor(parts: MediatorParts) {
    this.#parts = parts;
    const { ports, view, reconciler } = parts;
    this.#pace = new Pace(ports);
    this.#lookup = new Lookup({ ports, view, ask: (...asked) => reconciler.lookup(...asked) });
  }

  /** Our module asks for an exchange: begun in its turn. */
  ask(event: Extract<GossipEvent, { type: 'module-exchange' }>): void {
    const { module, generation, token: asked } = event;
    if (this.#pace.begin(module, () => this.#found(event) || this.#begin(event))) return;
    this.#reply({ module, generation, asked }, { failure: busy('too many exchanges wait for their turn') });
  }

  /** Begins once it was looked for, where this node does not know where the peer is. False: to be begun now. */
  #found(event: Extract<GossipEvent, { type: 'module-exchange' }>): boolean {
    const { hints } = this.#parts;
    const { id } = event.to;
    return isNodeId(id) && hints.get(id) === undefined && !hints.isRevoked(id) && this.#lookup.find(id, () => this.#begin(event));
  }

  #begin(event: Extract<GossipEvent, { type: 'module-exchange' }>): void {
    const { ports, modules, configuration, hints } = this.#parts;
    const { module, generation, to, body, token: asked } = event;
    const stamp = speakingOf(modules.get(module)?.instances, generation);
    if (stamp === undefined) {
      this.#reply({ module, generation, asked }, { failure: busy('the instance is being replaced') });
      return;
    }
    // Of what a module says of a peer only the id is used, and only an id that the core knows: whatever else it says, it reaches
    // neither the hints nor the network (attacks B17, D11).
    const known = hints.get(to.id);
    if (known === undefined) {
      this.#standingOf(event)?.exchanged('failed');
      this.#reply({ module, generation, asked }, { failure: NOT_REACHED });
      return;
    }
    const token = ports.token();
    this.#sent.set(token, { module, generation, asked, to: known, stamp, at: ports.now });
    ports.emit({ type: 'send', token, to: known, message: { kind: 'exchange', module, stamp, digest: configuration.digest, body } });
  }

  /** A peer's module asks ours. */
  request(token: CallToken, from: Peer | { readonly id: NodeId }, message: ExchangeRequest): void {
    const { ports, modules, hints } = this.#parts;
    const serving = servingOf(modules.get(message.module)?.instances);
    if (serving === null || serving === 'handing-over') {
      this.#respondUnavailable(token, serving === null ? 'GOSSIP_E_MODULE_ABSENT' : 'GOSSIP_E_BUSY');
      return;
    }
    const mediation = this.#parts.mediate(serving.stamp, message.stamp);
    // The claim is among the hints by now, and they may know the name that it does not carry.
    const known = hints.get(from.id) ?? ('address' in from ? from : undefined);
    if (mediation !== 'deliver') {
      this.#respondMismatch(token, message, serving.stamp);
      return;
    }
    // A module may want to answer its sender later: one without an address is no peer.
    if (known === undefined) {
      this.#respondUnavailable(token, 'GOSSIP_E_ADDRESS');
      return;
    }
    const delivery = ports.token();
    this.#delivered.set(delivery, { module: message.module, generation: serving.generation, asked: token, from: known, at: ports.now });
    ports.emit({
      type: 'deliver',
      token: delivery,
      module: message.module,
      generation: serving.generation,
      from: known,
      body: message.body,
    });
  }

  /** Our module answered a peer's. */
  delivered(token: Token, reply: ModuleReply): void {
    const { ports, modules, configuration } = this.#parts;
    const delivered = this.#delivered.get(token);
    if (delivered === undefined) return;
    this.#delivered.delete(token);
    const standing = modules.get(delivered.module)?.standingOf(delivered.generation);
    if ('failure' in reply) {
      const { code } = reply.failure;
      if (unansweredByModule(code)) standing?.couldNotAnswer(delivered.from, reply.failure);
      this.#respondUnavailable(delivered.asked, code);
      return;
    }
    standing?.exchanged('answered');
    ports.emit({ type: 'respond', token: delivered.asked, message: { kind: 'answer', digest: configuration.digest, body: reply.body } });
  }

  /** Who was asked with this token; undefined where it is not of an exchange. */
  asked(token: Token): Peer | undefined {
    return this.#sent.get(token)?.to;
  }

  /** A peer answered our module; false when the token is not of an exchange. */
  answered(token: Token, answer: HeardAnswer): boolean {
    const sent = this.#take(token);
    if (sent === undefined) return false;
    const { hints, accept } = this.#parts;
    hints.succeeded(sent.to);
    if (answer.kind === 'mismatch') accept(answer.records, 'exchange', sent.to);
    this.#standingOf(sent)?.exchanged(answer.kind === 'answer' ? 'answered' : 'failed');
    this.#reply(sent, replyOf(answer));
    this.#compare(sent, answer);
    return true;
  }

  unanswered(token: Token, failure: Failure): boolean {
    const sent = this.#take(token);
    if (sent === undefined) return false;
    const heard = this.#toldOf(sent.to, failure);
    if (!acquitsPeer(failure.code)) this.#parts.hints.failed(sent.to);
    // What was not tried is no sign that the module gossips in vain: backup gossip would only add to the load.
    if (failure.code !== 'GOSSIP_E_BUSY') this.#standingOf(sent)?.exchanged('failed');
    this.#reply(sent, { failure: heard });
    return true;
  }

  /** What a module hears of a failure. */
  #toldOf(to: Peer, failure: Failure): Failure {
    if (failure.code === 'GOSSIP_E_NOT_LISTENING') return this.#parts.hints.answeredAt(to) ? GONE : NOT_REACHED;
    return UNREACHED.has(failure.code) ? NOT_REACHED : failure;
  }

  /** A connection to a peer was lost. Of strangers modules hear nothing (attack D11). */
  lost(id: NodeId): void {
    const { ports, hints } = this.#parts;
    const peer = hints.get(id);
    if (peer !== undefined) ports.emit({ type: 'tell-lost', peer });
  }

  /** Gives up what has had no outcome for very long. */
  sweep(before: number): void {
    for (const [token, { at }] of this.#sent) {
      if (at < before) this.unanswered(token, { code: 'GOSSIP_E_TIMEOUT', message: 'the exchange had no outcome' });
    }
    for (const [token, { at }] of this.#delivered) {
      if (at < before) this.delivered(token, { failure: { code: 'GOSSIP_E_TIMEOUT', message: 'the module did not answer' } });
    }
  }

  #standingOf({ module, generation }: Pick<Sent, 'module' | 'generation'>): Standing | undefined {
    return this.#parts.modules.get(module)?.standingOf(generation);
  }

  #take(token: Token): Sent | undefined {
    const sent = this.#sent.get(token);
    this.#sent.delete(token);
    return sent;
  }

  /** The digests differ: exchange configurations. If the peer's module is behind, it gets the records at once. */
  #compare(sent: Sent, answer: HeardAnswer): void {
    const { configuration, reconciler } = this.#parts;
    if (answer.digest === configuration.digest) return;
    const behind = answer.kind === 'mismatch' && answer.stamp !== null && compareStamps(answer.stamp, sent.stamp) <= 0;
    reconciler.hinted(sent.to, behind ? configuration.essentials(sent.module) : []);
  }

  #respondUnavailable(token: CallToken, reason: ErrorCode): void {
    const { ports, configuration } = this.#parts;
    ports.emit({ type: 'respond', token, message: { kind: 'unavailable', digest: configuration.digest, reason } });
  }

  /** 409: with the records that the asker lacks, if its stamp is behind what is known here. */
  #respondMismatch(token: CallToken, { module, stamp: theirs }: ExchangeRequest, ours: Stamp): void {
    const { ports, configuration } = this.#parts;
    const newest = configuration.newest(module);
    const known = newest === undefined ? null : stampOf(newest, configuration.lastScrub(module));
    const relation = mediate(known, theirs);
    const records = relation === 'teach' || relation === 'settle' ? configuration.essentials(module) : [];
    ports.emit({
      type: 'respond',
      token,
      message: { kind: 'mismatch', digest: configuration.digest, stamp: ours, records, root: this.#parts.root() },
    });
  }

  #reply({ module, generation, asked }: Pick<Sent, 'module' | 'generation' | 'asked'>, reply: ModuleReply): void {
    this.#parts.ports.emit({ type: 'module-reply', token: asked, module, generation, reply });
  }
}

function replyOf(answer: HeardAnswer): ModuleReply {
  if (answer.kind === 'answer') return { body: answer.body };
  if (answer.kind === 'unavailable') return { failure: { code: answer.reason, message: unavailableText(answer.reason) } };
  return { failure: { code: 'GOSSIP_E_MISMATCH', message: 'the peer runs another deployment' } };
}

function busy(message: string): Failure {
  return { code: 'GOSSIP_E_BUSY', message };
}
