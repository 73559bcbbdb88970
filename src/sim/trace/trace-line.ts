/** One event and what followed from it, in a line that people can read. `#5` is the token that joins a question and its answer. */
import type { GossipAnswer, GossipRequest } from '../../gossip/messages.ts';
import type { CallToken, Failure, Generation, GossipEffect, GossipEvent, Note, Token } from '../../gossip/protocol.ts';
import type { ModuleName, Peer } from '../../model/names.ts';
import type { TraceNames } from './trace-names.ts';

/** What a token stands for. Those of the engine (`asked`) and of the protocol (`wanted`) are counted apart. */
type Side = 'asked' | 'wanted';

export class TraceLines {
  readonly #names: TraceNames;
  readonly #open = new Map<string, string>();

  constructor(names: TraceNames) {
    this.#names = names;
  }

  line(node: string, event: GossipEvent, effects: readonly GossipEffect[]): string {
    return [`${node} ${this.#event(node, event)}`, ...effects.map((effect) => this.#effect(node, effect))].join(' | ');
  }

  #event(node: string, event: GossipEvent): string {
    const names = this.#names;
    switch (event.type) {
      case 'start':
        return 'start';
      case 'timer':
        return `timer #${event.token}`;
      case 'request':
        return `from ${this.#begin(node, 'asked', event.token, names.node(event.from))} #${event.token}: ${this.#request(event.message)}`;
      case 'answer':
        return `answer of ${this.#end(node, 'wanted', event.token)} #${event.token}: ${this.#answer(event.message)}`;
      case 'no-answer':
        return `no answer of ${this.#end(node, 'wanted', event.token)} #${event.token}: ${event.failure.code}`;
      case 'peer-met':
        return `met ${names.node(event.peer)}`;
      case 'peer-lost':
        return `lost a connection to ${names.node({ id: event.id })}`;
      case 'processor':
        return `ran ${event.ranMs} ms, waited ${event.waitedMs} ms`;
      case 'leave':
        return 'leaves';
      case 'modules-chosen':
        return 'may run other modules';
      case 'inject':
        return `inject #${event.token} ${this.#begin(node, 'asked', event.token, names.record(event.record))}`;
      case 'persisted':
        return `${event.refusal === null ? 'persisted' : 'not persisted'} #${event.token} ${this.#peek(node, 'asked', event.token)}${because(event.refusal)}`;
      case 'module-exchange':
        return `${this.#begin(node, 'asked', event.token, instance(event))} asks ${names.node(event.to)} #${event.token}`;
      case 'delivered':
        return `${this.#end(node, 'wanted', event.token)} ${'body' in event.reply ? `answers #${event.token}` : `does not answer #${event.token}: ${event.reply.failure.code}`}`;
      case 'app-request':
        return `an application asks ${this.#begin(node, 'asked', event.token, event.module)} #${event.token}`;
      case 'served':
        return `${this.#end(node, 'wanted', event.token)} ${'content' in event.reply ? `answers an application #${event.token}` : `does not answer an application #${event.token}: ${event.reply.failure.code}`}`;
      case 'module-publish':
        return `${instance(event)} publishes`;
      case 'code-fetched':
        return `fetched code ${this.#end(node, 'wanted', event.token)} #${event.token}`;
      case 'code-failed':
        return `did not fetch code ${this.#end(node, 'wanted', event.token)} #${event.token}: ${event.failure.code}${this.#refers(event.referrals)}`;
      case 'instance-loaded':
        return `${instance(event)} loaded`;
      case 'instance-accepted':
        return `${instance(event)} accepted the state`;
      case 'instance-active':
        return `${instance(event)} active`;
      case 'instance-failed':
        return `${instance(event)} failed: ${event.failure.code}`;
      case 'state-taken':
        return 'state' in event.taken
          ? `${instance(event)} gave its state`
          : `${instance(event)} gave no state: ${event.taken.failure.code}`;
      case 'checkpoint-loaded':
        return event.checkpoint === null
          ? `no checkpoint of ${event.module}`
          : `checkpoint of ${event.module} as ${names.hash(event.checkpoint.deployment)}`;
    }
  }

  #effect(node: string, effect: GossipEffect): string {
    const names = this.#names;
    switch (effect.type) {
      case 'timer':
        return `timer #${effect.token} at ${effect.at.toFixed(1)}`;
      case 'send':
        return `to ${this.#begin(node, 'wanted', effect.token, names.node(effect.to))} #${effect.token}: ${this.#request(effect.message)}`;
      case 'respond':
        return `answer ${this.#end(node, 'asked', effect.token)} #${effect.token}: ${this.#answer(effect.message)}`;
      case 'injected':
        return `injected #${effect.token} ${this.#end(node, 'asked', effect.token)}: ${effect.answer.outcome}`;
      case 'persist-injection':
        return `persist #${effect.token} ${names.record(effect.record)}`;
      case 'persist-configuration':
        return 'persist configuration';
      case 'persist-hints':
        return `persist hints of ${names.nodes(effect.hints)}`;
      case 'persist-checkpoint':
        return `persist checkpoint of ${effect.module}`;
      case 'drop-checkpoint':
        return `drop checkpoint of ${effect.module}`;
      case 'load-checkpoint':
        return `load checkpoint of ${effect.module}`;
      case 'fetch-code': {
        const what = `${effect.code.version} from ${names.node(effect.from)}`;
        return `fetch code ${this.#begin(node, 'wanted', effect.token, what)} #${effect.token}`;
      }
      case 'start-instance':
        return `start ${instance(effect)} as ${names.record(effect.record)}`;
      case 'take-state':
        return `take state of ${instance(effect)}`;
      case 'accept-state':
        return `hand the state to ${instance(effect)}`;
      case 'activate':
        return `activate ${instance(effect)}`;
      case 'stop-instance':
        return `stop ${instance(effect)} (${effect.reason})`;
      case 'deliver':
        return `deliver to ${this.#begin(node, 'wanted', effect.token, instance(effect))} #${effect.token}`;
      case 'module-reply':
        return `reply to ${this.#end(node, 'asked', effect.token)} #${effect.token}: ${'body' in effect.reply ? 'the answer' : effect.reply.failure.code}`;
      case 'serve':
        return `put a request to ${this.#begin(node, 'wanted', effect.token, instance(effect))} #${effect.token}`;
      case 'app-reply':
        return `reply to an application that asked ${this.#end(node, 'asked', effect.token)} #${effect.token}: ${'content' in effect.reply ? 'the answer' : effect.reply.failure.code}`;
      case 'publish':
        return `tell those that watch ${effect.module}`;
      case 'part':
        return `part from ${names.node({ id: effect.id })}`;
      case 'tell-lost':
        return `tell the instances of ${names.node(effect.peer)}`;
      case 'note':
        return `note ${this.#note(effect.note)}`;
    }
  }

  #request(message: GossipRequest): string {
    const { digest } = message;
    if (message.kind === 'exchange') return `exchange of ${message.module} as ${this.#names.stamp(message.stamp)}, ${this.#knows(digest)}`;
    const brings = message.records.length === 0 ? '' : `, brings ${this.#names.records(message.records)}`;
    if (message.sought !== undefined) return `looks for ${this.#names.node({ id: message.sought })}, ${this.#knows(digest)}`;
    if (message.summary === null) return `rumor${brings}, ${this.#knows(digest)}`;
    return `configuration ${this.#names.hashes(message.summary)}${brings}${this.#tells(message.peers)}`;
  }

  #answer(message: GossipAnswer): string {
    if (message.kind === 'revoked') return '403 revoked';
    const knows = this.#knows(message.digest);
    if (message.kind === 'answer') return `200 of the module, ${knows}`;
    if (message.kind === 'unavailable') return `503 ${message.reason}, ${knows}`;
    const brings = message.records.length === 0 ? '' : `, brings ${this.#names.records(message.records)}`;
    if (message.kind === 'mismatch')
      return `409 as ${message.stamp === null ? 'nothing' : this.#names.stamp(message.stamp)}${brings}, ${knows}`;
    const lacks = message.lacking.length === 0 ? '' : `, lacks ${this.#names.hashes(message.lacking)}`;
    const fresh = message.fresh === 0 ? '' : `, ${message.fresh} new`;
    return `200${brings}${lacks}${fresh}, ${knows}${this.#tells(message.peers)}`;
  }

  #tells(peers: readonly Peer[]): string {
    return peers.length === 0 ? '' : `, tells of ${this.#names.nodes(peers)}`;
  }

  #knows(digest: string): string {
    return `knows ${this.#names.digest(digest)}`;
  }

  #refers(peers: readonly Peer[]): string {
    return peers.length === 0 ? '' : `, ask ${peers.map((peer) => this.#names.node(peer)).join(' ')}`;
  }

  #note(note: Note): string {
    const names = this.#names;
    switch (note.event) {
      case 'deployment-accepted':
        return `${names.record(note.record)} accepted by ${note.via}${note.from === null ? '' : ` of ${names.node({ id: note.from })}`}`;
      case 'module-state':
        return `${note.module} ${note.state} ${note.deployment ?? 'nothing'}${note.why === null ? '' : ` (${note.why.message})`}`;
      case 'root-accepted':
        return `root ${note.version} of trust epoch ${note.epoch} accepted of ${names.node({ id: note.from })}`;
      case 'stale':
        return note.stale ? 'stale' : 'no longer stale';
      case 'note-accepted': {
        const { kind, subject } = note.note.note;
        return `note to ${kind} ${subject.slice(0, 12)} accepted of ${names.node({ id: note.from })}`;
      }
      case 'node-left':
        return `${names.node(note.peer)} has left`;
      case 'node-back':
        return `${names.node(note.peer)} is back`;
      case 'code-fetched':
        return `code ${note.code.version} of ${names.node({ id: note.from })}`;
      case 'backup-rate':
        return `backup gossip ${note.rate}: ${note.why}`;
      case 'strain':
        return `strain ${note.strain.level}`;
      case 'conflict':
        return `conflict of ${names.record(note.a)} and ${names.record(note.b)}`;
      case 'alarm':
        return `alarm ${note.alarm.code}: ${note.alarm.message}`;
      case 'state-dropped':
        return `state of ${note.module} dropped: ${note.why}`;
      case 'state-restored':
        return `${note.module} ${note.deployment} began with a checkpoint`;
      case 'checkpoint':
        return `checkpoint of ${note.module}${because(note.why) || ' again'}`;
      case 'receive-failed':
        return `${note.module} could not receive from ${names.node(note.from)}: ${note.failure.code}`;
      case 'request-failed':
        return `${note.module} could not answer a request: ${note.failure.code}`;
    }
  }

  #begin(node: string, side: Side, token: Token | CallToken, what: string): string {
    this.#open.set(`${node} ${side} ${token}`, what);
    return what;
  }

  #peek(node: string, side: Side, token: Token | CallToken): string {
    return this.#open.get(`${node} ${side} ${token}`) ?? 'unknown';
  }

  #end(node: string, side: Side, token: Token | CallToken): string {
    const what = this.#peek(node, side, token);
    this.#open.delete(`${node} ${side} ${token}`);
    return what;
  }
}

function instance({ module, generation }: { readonly module: ModuleName; readonly generation: Generation }): string {
  return `${module}/${generation}`;
}

function because(failure: Failure | null): string {
  return failure === null ? '' : `: ${failure.code}`;
}
