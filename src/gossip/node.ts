/** The protocol of one node: events in, effects out. It only composes the parts, each of which is one idea of the protocol. */
import type { Envelope, VerifiedDeployment } from '../model/deployment.ts';
import type { ContentHash, NodeId, PayloadHash, Peer } from '../model/names.ts';
import { ActiveView } from './active-view.ts';
import { Applications } from './applications.ts';
import { alarmsOf } from './alarms.ts';
import { Backup } from './backup.ts';
import { Care } from './care.ts';
import { CHECKS } from './checks.ts';
import type { Checks } from './checks.ts';
import { Clones } from './clones.ts';
import { CodeFetch } from './code-fetch.ts';
import { Configuration } from './configuration.ts';
import type { Merge } from './configuration.ts';
import { Hints } from './hints.ts';
import { Incoming } from './incoming.ts';
import { Injections } from './injection.ts';
import { KeptCodes } from './kept-codes.ts';
import { Mediator } from './mediated.ts';
import { NoteBook } from './note-book.ts';
import { Notes } from './notes.ts';
import { Modules } from './modules.ts';
import { mergeNotes } from './merge-notes.ts';
import type { Via } from './merge-notes.ts';
import { OwnWords } from './own-words.ts';
import { Ports } from './ports.ts';
import { Pulse } from './pulse.ts';
import type { GossipEffect, GossipEvent, GossipNodeOptions, ModuleView, NodeView, Note } from './protocol.ts';
import { Reconciler } from './reconcile.ts';
import { Roots } from './roots.ts';
import { Rumors } from './rumor.ts';
import { timingOf } from './timing.ts';
import type { PeerChoice } from '../sdk/peer-choice.ts';

export class GossipNode {
  /** What is known of notes about nodes; to be asked, never to be changed. */
  readonly notes: NoteBook;
  readonly #options: GossipNodeOptions;
  readonly #ports: Ports;
  readonly #configuration = new Configuration();
  readonly #hints: Hints;
  readonly #view: ActiveView;
  readonly #clones: Clones;
  readonly #codes: CodeFetch;
  readonly #modules: Modules;
  readonly keptCodes: KeptCodes;
  readonly #reconciler: Reconciler;
  readonly #rumors: Rumors;
  readonly #mediator: Mediator;
  readonly #backup: Backup;
  readonly #notes: Notes;
  readonly #incoming: Incoming;
  readonly #ownWords: OwnWords;
  readonly #care: Care;
  readonly #injections: Injections;
  readonly #applications: Applications;
  readonly #pulse: Pulse;
  /** Who told of a deployment: the first to ask for its code. */
  readonly #tellers = new Map<PayloadHash, Peer>();

  constructor(options: GossipNodeOptions, checks: Checks = CHECKS) {
    this.#options = options;
    const { self, random, trust, notes: book = new NoteBook() } = options;
    const ports = new Ports(timingOf(options.intervalMs), random);
    const configuration = this.#configuration;
    const hints = new Hints(self.id, options.rendezvous, random, ports);
    const view = new ActiveView(hints, ports);
    const accept = this.#accept.bind(this);
    this.notes = book;
    this.#ports = ports;
    this.#hints = hints;
    this.#view = view;
    this.#clones = new Clones(ports.timing.cloneWindowMs);
    this.#codes = new CodeFetch({
      ports,
      hints,
      view,
      self: self.id,
      ready: (code, from) => this.#codeReady(code, from),
      trouble: (code, failure) => this.#modules.codeMissing(code.hash, failure),
    });
    const fetch = ({ hash, deployment: { code } }: VerifiedDeployment) => code && this.#codes.want(code, this.#tellers.get(hash) ?? null);
    this.#modules = new Modules({
      ports,
      configuration,
      codes: this.#codes,
      runs: options.runs,
      sameStateEpoch: checks.sameStateEpoch,
      isAsked: (module) => this.#applications.isAsked(module),
      fetch,
    });
    this.keptCodes = new KeptCodes(configuration, () => this.#modules.codes());
    const parts = { ports, trust, configuration, hints, view };
    const notes = new Notes({ ...parts, self: self.id, book, tell: (...told) => this.#reconciler.tellNotes(...told) });
    this.#notes = notes;
    const changed = () => notes.followRoot();
    const roots = new Roots({ ...parts, changed, modules: this.#modules, tell: (...to) => this.#reconciler.tellRoot(...to) });
    const ownWords = new OwnWords({ ports, hints, view, configuration, options, tell: (to) => this.#reconciler.push(to, [], 'delta') });
    this.#ownWords = ownWords;
    const rumorTold = (to: Peer, fresh: number | null) => this.#rumors.answered(to, fresh);
    const budget = checks.budget(ports.timing);
    this.#reconciler = new Reconciler({ ports, configuration, hints, budget, accept, roots, notes, ownWords, rumorTold });
    const current = (record: VerifiedDeployment) => configuration.essentials(record.deployment.module).includes(record);
    this.#rumors = new Rumors({ ports, hints, view, current, push: (to, records) => this.#reconciler.push(to, records, 'rumor') });
    const [reconciler, modules, clones, mediate] = [this.#reconciler, this.#modules, this.#clones, checks.mediate];
    this.#mediator = new Mediator({ ...parts, modules, reconciler, accept, root: () => roots.told(null), mediate });
    this.#incoming = new Incoming({ ports, hints, clones, book, notes, mediator: this.#mediator, reconciler, checks });
    this.#backup = new Backup({ ports, hints, view, reconciler, trouble: () => this.#trouble() });
    this.#pulse = new Pulse(ports);
    this.#applications = new Applications(ports, modules);
    this.#injections = new Injections({
      ports,
      configuration,
      take: (record, answer) => this.#inject(record, answer),
      again: (record) => this.#injectedAgain(record),
    });
    configuration.merge(options.records);
    hints.restore(options.hints);
    this.#ownWords.resume(options.hints);
    const forget = (): void => {
      for (const hash of this.#tellers.keys()) if (!configuration.has(hash)) this.#tellers.delete(hash);
    };
    this.#care = new Care({ ports, hints, parts: [this.#mediator, this.#reconciler, this.#applications], forget });
    // Taken to be on disk; a start that finds it missing has it fetched.
    for (const { deployment } of options.records) if (deployment.code !== null) this.#codes.held(deployment.code.hash);
  }

  /** What is to be done about the event, in order. `now` is a clock that only runs forward. */
  handle(event: GossipEvent, now: number): GossipEffect[] {
    this.#ports.begin(now);
    this.#dispatch(event);
    this.#applications.moveOn();
    if (event.type !== 'start') this.#backup.reassess();
    return this.#ports.end();
  }

  view(now: number): NodeView {
    const { digest, removedModules, aside } = this.#configuration;
    const revoked = this.notes.revocation(this.#options.self.id);
    return {
      digest,
      removedModules,
      modules: this.moduleViews(now),
      hints: this.#hints.sightings(now, this.#ports.timing.abandonMs),
      view: this.#view.members,
      backup: this.#backup.rate,
      strain: this.#ports.strain.view,
      work: this.#ports.work,
      freshness: this.#ownWords.freshness(now),
      alarms: alarmsOf(this.#clones.list(now), this.#configuration.signedTwice(), aside, this.#reconciler.alarms, revoked),
    };
  }

  /** What an operator sees of its modules alone (law 9). */
  moduleViews(now: number): readonly ModuleView[] {
    return this.#modules.views(now, this.#hints.size > 0);
  }

  /** The steps of the root that are to be kept on the disk. */
  steps(): readonly Envelope[] {
    return this.#options.trust?.steps ?? [];
  }

  /** How much the node itself is behind, from 1. */
  get strain(): number {
    return this.#ports.strain.level;
  }

  /** Whether a peer answers where it says that it listens; null when that was not tried, or not often enough. */
  callable(peer: Peer): boolean | null {
    return this.#hints.callable(peer);
  }

  /** Peers for modules: distinct, at random. */
  peers(): PeerChoice<Peer> {
    return this.#view.forModules();
  }

  records(): readonly VerifiedDeployment[] {
    return this.#configuration.records();
  }

  /** To be asked, never to be changed. */
  get configuration(): Pick<Configuration, 'taken' | 'counts' | 'hasRoom' | 'history' | 'has' | 'get'> {
    return this.#configuration;
  }

  highestSequence(): number {
    return this.#configuration.highestSequence;
  }

  /** Codes to keep on disk: what runs or should run, and those of the last deployments, for rollbacks. */
  codesInUse(): ContentHash[] {
    return this.keptCodes.inUse(this.#hints.isOneself);
  }

  #dispatch(event: GossipEvent): void {
    switch (event.type) {
      case 'start':
        return this.#start();
      case 'timer':
        return void this.#ports.timers.fire(event.token);
      case 'processor':
        return this.#ports.strain.processor(event.ranMs, event.waitedMs);
      case 'request':
        return this.#incoming.request(event);
      case 'answer':
        return this.#incoming.answer(event);
      case 'no-answer':
        return this.#incoming.noAnswer(event);
      case 'peer-met':
        this.#hints.claim(event.peer);
        return this.#reconciler.backup(event.peer);
      case 'peer-lost':
        return this.#mediator.lost(event.id);
      case 'modules-chosen':
        return this.#modules.chosen();
      case 'leave':
        return this.#ownWords.leave();
      case 'inject':
        return this.#injections.inject(event);
      case 'persisted':
        return this.#injections.persisted(event.token, event.refusal);
      case 'module-exchange':
        return this.#mediator.ask(event);
      case 'delivered':
        return this.#mediator.delivered(event.token, event.reply);
      case 'app-request':
      case 'served':
      case 'module-publish':
        return this.#applications.handle(event);
      case 'code-fetched':
        return this.#codes.fetched(event.token, event.wrong);
      case 'code-failed':
        return this.#codes.failed(event.token, event.failure, event.referrals, event.wrong);
      case 'instance-loaded':
      case 'instance-accepted':
      case 'instance-active':
      case 'instance-failed':
      case 'state-taken':
      case 'checkpoint-loaded':
        return this.#modules.handle(event);
    }
  }

  #start(): void {
    for (const part of [this.#notes, this.#modules, this.#backup, this.#care, this.#pulse, this.#ownWords]) part.start();
  }

  /** An operator's deployment: durable, and its code is here. */
  #inject(record: VerifiedDeployment, answer: () => void): void {
    if (record.deployment.code !== null) this.#codes.held(record.deployment.code.hash);
    const merge = this.#configuration.merge([record]);
    answer();
    this.#follow(merge, 'injection', null);
  }

  /** The record may have come before its code. */
  #injectedAgain({ deployment: { code } }: VerifiedDeployment): void {
    if (code === null) return;
    this.#codes.held(code.hash);
    this.#modules.codeReady(code.hash);
  }

  /** Takes verified records in; durable before anything else follows from them (laws 1 and 5). How many were new. */
  #accept(records: readonly VerifiedDeployment[], via: 'exchange' | 'rumor' | 'backup', from: Peer | NodeId): number {
    if (records.length === 0) return 0;
    this.#rumors.heard(records, typeof from === 'string' ? from : from.id);
    const merge = this.#configuration.merge(records);
    if (merge.kept === 0) return 0;
    this.#ports.emit({ type: 'persist-configuration' });
    const teller = typeof from === 'string' ? this.#hints.get(from) : from;
    if (teller !== undefined) for (const { hash } of merge.applied) this.#tellers.set(hash, teller);
    this.#follow(merge, via, typeof from === 'string' ? from : from.id);
    return merge.kept;
  }

  #follow(merge: Merge, via: Via, from: NodeId | null): void {
    for (const note of mergeNotes(merge, via, from)) this.#note(note);
    this.#rumors.spread(merge.applied, from);
    this.#modules.changed(merge.applied);
  }

  #codeReady(code: NonNullable<VerifiedDeployment['deployment']['code']>, from: NodeId): void {
    for (const module of this.#configuration.modules()) {
      if (this.#configuration.newest(module)?.deployment.code?.hash === code.hash)
        this.#note({ event: 'code-fetched', module, code, from });
    }
    this.#modules.codeReady(code.hash);
  }

  #trouble(): string | null {
    return this.#configuration.size === 0 ? 'nothing is known yet' : this.#modules.trouble(this.#ports.now, this.#hints.size > 0);
  }

  #note(note: Note): void {
    this.#ports.emit({ type: 'note', note });
  }
}
