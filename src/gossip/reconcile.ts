/**
 * Configuration exchanges: push-pull with one peer until both digests are equal. At most one at a time with each
 * peer; those that a peer's hints ask for are bounded by a budget, so that a liar costs little (attacks B1, B2).
 */
import type { VerifiedDeployment } from '../model/deployment.ts';
import { acquitsPeer } from '../model/exchange-reason.ts';
import type { NodeId, PayloadHash, Peer } from '../model/names.ts';
import type { Budget } from './budget.ts';
import type { Configuration } from './configuration.ts';
import { cutToMessage } from './cut.ts';
import type { Hints } from './hints.ts';
import type { GossipRequest, HeardAnswer, NotesTold, RootTold, Summary, ToldPeer } from './messages.ts';
import type { Notes } from './notes.ts';
import type { OwnWords } from './own-words.ts';
import type { VerifiedNote } from '../trust/node-note.ts';
import type { Ports } from './ports.ts';
import type { CallToken, Failure, Token } from './protocol.ts';
import type { Roots } from './roots.ts';
import { PEERS_TOLD } from './timing.ts';

/** Takes records that a peer sent into the configuration; says how many were new. */
export type Accept = (records: readonly VerifiedDeployment[], via: 'exchange' | 'rumor' | 'backup', from: Peer | NodeId) => number;

/** Why an exchange is made: by the backup timer, after a hint, to spread a rumor, to push what the peer lacks, or to find another. */
type Purpose = 'backup' | 'hint' | 'rumor' | 'delta' | 'lookup';

interface Sent {
  readonly to: Peer;
  readonly purpose: Purpose;
  /** The version after which it told the steps of the root, and whether the peer itself had said so; null: it told none. */
  readonly after: { readonly version: number; readonly isSaid: boolean } | null;
  /** Of notes about nodes: how many the peer lacked when this was sent; null: that was not known. */
  readonly lacked: number | null;
  readonly at: number;
  /** Told when it has an outcome. */
  readonly done?: (() => void) | undefined;
}

/** What goes along with records. */
type Told = Partial<Pick<Sent, 'after' | 'lacked' | 'done'>> & {
  readonly notes?: NotesTold | undefined;
  readonly sought?: NodeId | undefined;
};

const NO_OUTCOME: Failure = { code: 'GOSSIP_E_TIMEOUT', message: 'the exchange had no outcome' };

type ConfigurationRequest = Extract<GossipRequest, { kind: 'configuration' }>;
type ConfigurationAnswer = Extract<HeardAnswer, { kind: 'configuration' }>;

export interface ReconcilerParts {
  readonly ports: Ports;
  readonly configuration: Configuration;
  readonly hints: Hints;
  readonly budget: Budget;
  readonly accept: Accept;
  readonly roots: Pick<Roots, 'told' | 'toldTo' | 'take' | 'spread' | 'isOfEpochBefore' | 'alarms' | 'version'>;
  readonly ownWords: Pick<OwnWords, 'told' | 'take'>;
  readonly notes: Pick<Notes, 'told' | 'whole' | 'answer' | 'next' | 'agrees' | 'take'>;
  /** What came of a rumor: the peer did not know `fresh` of its records; null when it did not answer. */
  readonly rumorTold: (to: Peer, fresh: number | null) => void;
}

export class Reconciler {
  readonly #parts: ReconcilerParts;
  readonly #sent = new Map<Token, Sent>();
  /** Peers with a push-pull under way. */
  readonly #busy = new Set<NodeId>();

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  /** A peer's digest or stamp differs. Only a hint: it costs the peer's budget. */
  hinted(peer: Peer, records: readonly VerifiedDeployment[] = []): void {
    const { budget, ports } = this.#parts;
    if (!this.free(peer) || !budget.take(peer.id, ports.now)) return;
    this.#pushPull(peer, 'hint', records);
  }

  /** Whether no push-pull with this peer is under way. */
  free({ id }: Peer): boolean {
    return !this.#busy.has(id);
  }

  /** What a person must know of the root. */
  get alarms(): Roots['alarms'] {
    return this.#parts.roots.alarms;
  }

  /** The backup timer's own exchange, with a peer that is free. */
  backup(peer: Peer): void {
    this.#pushPull(peer, 'backup', []);
  }

  /** Sends records without asking for any. */
  push(peer: Peer, records: readonly VerifiedDeployment[], purpose: 'rumor' | 'delta'): void {
    this.#send(peer, purpose, null, cutToMessage(records));
  }

  /** Asks a peer where another one is; `done` when the hints have what it said, or it does not answer. */
  lookup(peer: Peer, sought: NodeId, done: () => void): void {
    this.#send(peer, 'lookup', null, [], { sought, done });
  }

  /** Tells a peer of the versions of the root after `version`, which it holds: as it said itself, or as is likely. */
  tellRoot(peer: Peer, version: number, isSaid = false): void {
    if (this.free(peer)) this.#pushPull(peer, 'hint', this.#recordsWith(version), { version, isSaid });
  }

  /** A new trust epoch comes with its records, so that nobody is without them for longer than a message. */
  #recordsWith(version: number): readonly VerifiedDeployment[] {
    const { configuration, roots } = this.#parts;
    return roots.isOfEpochBefore(version) ? cutToMessage(configuration.records()) : [];
  }

  /** Likewise what was decided of nodes: where an epoch ends the keys that signed it, the revoked would be let in for a moment. */
  #notesFor(after: Sent['after']): NotesTold | undefined {
    const { notes, roots } = this.#parts;
    return after !== null && roots.isOfEpochBefore(after.version) ? notes.whole() : notes.told();
  }

  /** Tells a peer of notes that are new here. */
  tellNotes(peer: Peer, notes: readonly VerifiedNote[]): void {
    this.#send(peer, 'delta', null, [], { notes: this.#parts.notes.told(notes) });
  }

  /** A peer's configuration exchange. */
  request(token: CallToken, from: Peer | { readonly id: NodeId }, request: ConfigurationRequest): void {
    const { ports, configuration, accept, roots, notes, ownWords } = this.#parts;
    const further = roots.take(request.root, from.id);
    notes.take(request.notes, from.id);
    ownWords.take(request, from.id);
    const fresh = accept(request.records, request.summary === null ? 'rumor' : 'exchange', 'address' in from ? from : from.id);
    roots.spread(further, request.root, from.id);
    this.#hear(request);
    const theirs = versionIn(request);
    const root = roots.toldTo(request.root);
    // Records of a root that the other does not hold, even with these steps, would be of no use to it.
    const apart = root !== undefined && theirs !== root.version && theirs + root.steps.length !== root.version;
    const noted = notes.answer(request.notes);
    // Whoever says which notes he holds is told the others, however many there are.
    const isBefore = roots.isOfEpochBefore(theirs) && request.notes?.known === undefined;
    const differs = request.summary !== null && request.digest !== configuration.digest && !apart;
    ports.emit({
      type: 'respond',
      token,
      acknowledges: isBrought(from, request),
      message: {
        kind: 'configuration',
        digest: configuration.digest,
        records: differs ? this.#lackedBy([...request.summary, ...request.records.map(({ hash }) => hash)], theirs) : [],
        lacking: differs ? configuration.lacking(request.summary) : [],
        fresh,
        peers: this.#peersFor(from.id, request),
        root,
        ...ownWords.told(request.summary !== null, from.id),
        notes: isBefore ? notes.whole(noted) : noted,
      },
    });
  }

  /** Of those who were forgotten nothing is taken from one who does not know that yet. */
  #hear({ peers, notes: told }: Pick<ConfigurationRequest, 'peers' | 'notes'>): void {
    const { hints, notes } = this.#parts;
    const knows = notes.agrees(told);
    hints.told(peers, knows);
  }

  #peersFor(id: NodeId, { summary, sought }: Pick<ConfigurationRequest, 'summary' | 'sought'>): readonly ToldPeer[] {
    const { hints } = this.#parts;
    const found = sought === undefined ? [] : hints.whereabouts(sought);
    return summary === null ? found : [...found, ...hints.sampleProven(PEERS_TOLD - found.length, id)];
  }

  #lackedBy(known: Summary, version: number): readonly VerifiedDeployment[] {
    const { configuration, roots } = this.#parts;
    if (roots.isOfEpochBefore(version)) return this.#recordsWith(version);
    return cutToMessage(ledByNewest(configuration.delta(known), configuration, new Set(known)));
  }

  /** Who was asked with this token; undefined where it is not of a configuration exchange. */
  asked(token: Token): Peer | undefined {
    return this.#sent.get(token)?.to;
  }

  /** False when the token is not of a configuration exchange. */
  answered(token: Token, answer: HeardAnswer): boolean {
    const sent = this.#take(token);
    if (sent === undefined) return false;
    this.#parts.hints.succeeded(sent.to);
    if (answer.kind === 'configuration') this.#settle(sent, answer);
    sent.done?.();
    return true;
  }

  unanswered(token: Token, { code }: Failure): boolean {
    const sent = this.#take(token);
    if (sent === undefined) return false;
    if (!acquitsPeer(code)) this.#parts.hints.failed(sent.to);
    if (sent.purpose === 'rumor') this.#parts.rumorTold(sent.to, null);
    sent.done?.();
    return true;
  }

  /** Gives up what has had no outcome for very long. */
  sweep(before: number): void {
    for (const [token, { at }] of this.#sent) if (at < before) this.unanswered(token, NO_OUTCOME);
  }

  #settle({ to, purpose, after, lacked }: Sent, answer: ConfigurationAnswer): void {
    const { configuration, accept, rumorTold, roots, notes, ownWords } = this.#parts;
    const further = roots.take(answer.root, to.id);
    const noted = notes.take(answer.notes, to.id);
    ownWords.take(answer, to.id);
    const gained = accept(answer.records, purpose === 'backup' ? 'backup' : 'exchange', to);
    roots.spread(further, answer.root, to.id);
    this.#hear(answer);
    if (purpose === 'rumor') rumorTold(to, answer.fresh);
    const theirs = versionIn(answer);
    // Each time the one that is behind has come further: it ends.
    if (theirs < roots.version && (!after?.isSaid || theirs > after.version)) return this.tellRoot(to, theirs, true);
    if (theirs > roots.version && further > 0 && this.free(to)) return this.#pushPull(to, 'hint', []);
    // Likewise each time one of the two has learnt something.
    const differ = notes.next(answer.notes);
    if (differ !== null && (noted > 0 || differ.lacking < (lacked ?? Infinity)))
      return this.#send(to, 'delta', null, [], { notes: differ.told, lacked: differ.lacking });
    const asked = answer.lacking.flatMap((hash) => configuration.get(hash) ?? []);
    if (asked.length > 0) return this.push(to, ledByNewest(asked, configuration), 'delta');
    // Whoever made no progress stops, so that two nodes never keep each other busy: the rest is for a later exchange.
    const progress = gained > 0 || answer.fresh > 0 || further > 0 || noted > 0 || lacked !== null || after !== null || purpose === 'rumor';
    if (progress && answer.digest !== configuration.digest) this.hinted(to);
  }

  #pushPull(peer: Peer, purpose: 'backup' | 'hint', records: readonly VerifiedDeployment[], after: Sent['after'] = null): void {
    const { configuration, ports } = this.#parts;
    this.#busy.add(peer.id);
    this.#send(peer, purpose, configuration.summary(ports.random), records, { after });
  }

  #send(
    to: Peer,
    purpose: Purpose,
    summary: Summary | null,
    records: readonly VerifiedDeployment[],
    { after = null, lacked = null, notes = this.#notesFor(after), sought, done }: Told = {},
  ): void {
    const { ports, configuration, roots, ownWords } = this.#parts;
    const token = ports.token();
    this.#sent.set(token, { to, purpose, after, lacked, at: ports.now, done });
    const peers = this.#peersFor(to.id, { summary });
    const { digest } = configuration;
    ports.emit({
      type: 'send',
      token,
      to,
      message: {
        kind: 'configuration',
        digest,
        summary,
        records,
        peers,
        root: roots.told(after?.version ?? null),
        ...ownWords.told(summary !== null, to.id),
        notes,
        sought,
      },
    });
  }

  #take(token: Token): Sent | undefined {
    const sent = this.#sent.get(token);
    this.#sent.delete(token);
    if (sent !== undefined && (sent.purpose === 'backup' || sent.purpose === 'hint')) this.#busy.delete(sent.to.id);
    return sent;
  }
}

/** Each record behind what its module's newest needs: whoever is told of an old one alone runs what was removed long ago, until it hears the rest. */
function ledByNewest(
  records: readonly VerifiedDeployment[],
  configuration: Configuration,
  known: ReadonlySet<PayloadHash> = new Set(),
): readonly VerifiedDeployment[] {
  const first = ({ deployment }: VerifiedDeployment) => configuration.essentials(deployment.module).filter(({ hash }) => !known.has(hash));
  return [...new Set(records.flatMap((record) => [...first(record), record]))];
}

/** Of the root that its sender holds. */
function versionIn({ root }: { readonly root?: RootTold | undefined }): number {
  return root?.version ?? 1;
}

/** Whether an operator brings a root or notes: he has no address, and believes that what he brought is kept once he has an answer. A peer tells others, too. */
function isBrought(from: Peer | { readonly id: NodeId }, { root, notes }: ConfigurationRequest): boolean {
  return !('address' in from) && (root !== undefined || (notes?.notes.length ?? 0) > 0);
}
