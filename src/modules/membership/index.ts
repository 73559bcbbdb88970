/** Membership: who is in the cluster and who is alive. `table.ts` says what is believed, and why; `watching.ts` who looks after whom. */
import { asJson, GossipModule, knownSettings, roundMs } from '../../sdk/index.ts';
import type { Json, ModuleContext, Peer, StopReason } from '../../sdk/index.ts';
import { SETTINGS } from './settings.ts';
import type { Claim } from './claims.ts';
import { claimJson, MAX_CLAIMS, MAX_INCARNATION, plainPeer } from './claims.ts';
import { Choice } from './choice.ts';
import { Doubts } from './doubts.ts';
import { LocalHealth } from './health.ts';
import type { Greeting, Outcome, Request } from './messages.ts';
import { answerJson, parseRequest, requestJson } from './messages.ts';
import { News } from './news.ts';
import { Prober } from './prober.ts';
import { answerRequest, changeJson, parseAppRequest, shownTags } from './requests.ts';
import type { Shown } from './requests.ts';
import type { Rumour } from './rumour.ts';
import { readSnapshot, writeSnapshot } from './state.ts';
import { stopwatch } from './stopwatch.ts';
import { MAX_LEAP, Table } from './table.ts';
import { TagBook } from './tag-book.ts';
import { Trials } from './trials.ts';

/** A newcomer speaks soon, to a few, and asks them for everybody. */
const JOIN_MS = 50;
const JOIN_PEERS = 2;
const JOIN_TRIES = 10;

export default class Membership extends GossipModule {
  readonly #table: Table;
  readonly #tags: TagBook;
  readonly #health = new LocalHealth();
  readonly #prober: Prober;
  readonly #news: News;
  readonly #doubts: Doubts;
  readonly #choice: Choice;
  readonly #trials: Trials;
  #incarnation: number;
  /** The old instance's; null where there was none. */
  #inherited: number | null = null;
  /** An instance of this run of the core handed its state over. */
  #updated = false;
  #leaving = false;
  #intervalMs = 0;
  #round = 0;
  /** Whoever speaks just now: news of it goes to others. */
  #speaker: string | undefined;

  constructor(context: ModuleContext) {
    super(context);
    this.#incarnation = context.incarnation;
    this.#table = new Table(
      context.self.id,
      () => Math.round(context.now()),
      (entry) => this.#news.about(entry, this.#speaker),
      (entry, before) => context.publish?.(changeJson(entry, before, this.#tags.of(entry.id)), entry.name),
    );
    this.#tags = new TagBook({
      selfId: context.self.id,
      knows: (id) => this.#table.get(id) !== undefined,
      changed: (id) => this.#tagsChanged(id),
      news: () => this.#news.spread(this.#speaker),
    });
    this.#choice = new Choice(context, this.#table);
    this.#prober = new Prober({
      context,
      health: this.#health,
      compose: (type, listener) => this.#compose(type, listener),
      answered: (peer, answer, everybody) => {
        this.#heard(peer, answer, !everybody);
        this.#table.answered(peer.id);
      },
      helpersFor: (target, count) => this.#choice.helpersFor(target, count),
      isDoubted: (target) => this.#table.isDoubted(target),
      isConfirmed: (target) => this.#table.isConfirmed(target),
      reachedByOthers: (target) => this.#table.reached(target),
      failed: (target, failed) => {
        this.#table.failed(target, { round: this.#round, at: this.#trials.since(failed) }, failed);
        this.#trials.run();
      },
      confirmed: (target, helper, outcome) => this.#table.confirmed(target, helper, outcome),
    });
    this.#news = new News({
      context,
      health: this.#health,
      listeners: () => this.#choice.listeners(),
      tell: (peer) => void this.#prober.tell(peer),
    });
    this.#doubts = new Doubts({
      context,
      table: this.#table,
      news: this.#news,
      health: this.#health,
      isNear: (id) => this.#choice.watches(id),
      tryIt: (member, waitedMs) => void this.#prober.probe(member, waitedMs),
    });
    this.#trials = new Trials({ context, table: this.#table, health: this.#health, prober: this.#prober });
  }

  override start(): void {
    knownSettings(this.context.settings, SETTINGS);
    // One more than the old instance, so that what was said of that one does not count against this one.
    if (this.#inherited !== null) this.#rise(this.#inherited + 1);
    this.#inherited = null;
    if (this.#updated) {
      this.#health.tookOver();
      this.#tags.tookOver();
    }
    this.#intervalMs = roundMs(this.context);
    // A node that comes is to be known soon. An update comes to all nodes, and changes nothing that others must hear.
    const withinMs = this.#updated ? this.#intervalMs : Math.min(this.#intervalMs, JOIN_MS);
    const tries = this.#table.size === 0 ? JOIN_TRIES : 0;
    this.context.after(this.context.random() * withinMs, () => this.#begin(tries));
    this.#trials.start(this.#intervalMs);
    this.context.onLost?.((peer) => this.#lost(peer));
  }

  override async receive(body: Json, from: Peer): Promise<Json> {
    const request = parseRequest(body);
    const { type } = request;
    this.#heard(from, type === 'bye' ? { ...request, leaving: true } : request);
    if (type !== 'bye') this.#table.called(from.id, this.#round);
    const reached = type === 'reach' ? await this.#reach(request.target) : 'unclear';
    const everybody = type === 'join' && { claims: this.#table.everybody(), tags: this.#tags.told(from.id, true) };
    return answerJson({ ...this.#greeting(from.id), ...everybody, reached });
  }

  override transferState(): string {
    const { incarnation: run } = this.context;
    return writeSnapshot({
      incarnation: this.#inherited ?? this.#incarnation,
      run,
      members: this.#table.members(),
      tags: this.#tags.all(),
    });
  }

  override acceptState(text: string): void {
    const { incarnation, run, members, tags } = readSnapshot(text, Math.round(this.context.now()));
    this.#inherited = incarnation;
    this.#updated = run === this.context.incarnation;
    for (const member of members) this.#table.restore(member);
    this.#tags.restore(tags);
  }

  override request(body: Json | Uint8Array): Json {
    const request = parseAppRequest(asJson(body, 'a request'));
    return request.op === 'tag' ? { tags: this.#tags.change(request) } : answerRequest(request, this.#shown());
  }

  override inspect(): Json {
    return { members: this.#shown() };
  }

  #shown(): Shown[] {
    const now = this.context.now();
    const self = { ...this.#self(), ageMs: 0, ...shownTags(this.#tags.of(this.context.self.id)) };
    const others = this.#table.members().map((member) => ({
      ...claimJson(member),
      ageMs: Math.max(0, now - member.since),
      ...(member.callable === false && { callable: false }),
      ...shownTags(this.#tags.of(member.id)),
    }));
    return [self, ...others].toSorted((a, b) => (a.name < b.name || (a.name === b.name && a.id < b.id) ? -1 : 1));
  }

  #self(): Claim {
    const { id, name, address } = this.context.self;
    return { id, name, address, incarnation: this.#incarnation, state: 'alive' };
  }

  #tagsChanged(id: string): void {
    const member = id === this.context.self.id ? this.#self() : this.#table.get(id);
    if (member !== undefined)
      this.context.publish?.({ event: 'tags', member: { ...claimJson(member), tags: this.#tags.of(id) } }, member.name);
  }

  /** Says goodbye, unless its successor goes on; whoever is not told hears of it from the others. */
  override async stop(reason: StopReason): Promise<void> {
    if (reason === 'update') return;
    this.#leaving = true;
    const farewells = this.#choice.farewells().map((peer) => {
      const bye: Request = { ...this.#greeting(peer.id), type: 'bye' };
      // Whoever cannot be told finds out by probing.
      return this.context.exchange(peer, requestJson(bye)).catch(() => null);
    });
    await Promise.all(farewells);
  }

  /** The first round; before it a newcomer asks for everybody, as soon as its core knows anybody: so many times it looks. */
  #begin(tries: number): void {
    const peers = tries > 0 ? this.context.peers(JOIN_PEERS) : [];
    for (const peer of peers) void this.#prober.tell(peer, 'join');
    if (peers.length === 0 && tries > 1) {
      this.context.after(Math.min(this.#intervalMs, 2 * JOIN_MS), () => this.#begin(tries - 1));
      return;
    }
    // From here on not in step with those that started at the same time.
    const restMs = this.context.random() * this.#intervalMs;
    if (peers.length > 0) this.#roundIn(restMs);
    else this.#nextRound(restMs);
  }

  /** Rounds come slower while this node doubts itself: perhaps it has too much to do already. */
  #roundIn(delayMs: number): void {
    const passedMs = stopwatch(this.context);
    this.context.after(delayMs, () => {
      this.#health.roundCame(passedMs() - delayMs);
      this.#nextRound();
    });
  }

  #nextRound(nextMs = this.#intervalMs * this.#health.stretch): void {
    this.#roundIn(nextMs);
    this.#round++;
    this.#tags.nextRound();
    this.#news.nextRound(this.#round);
    for (const peer of new Set([...this.#choice.forRound(this.#round), ...this.#doubts.nextRound()])) void this.#prober.probe(peer);
    for (const peer of this.#choice.retried(this.#round)) void this.#prober.tell(peer);
  }

  /** `fresh`: what is new here may be news to others. */
  #heard(from: Peer, { name, incarnation, leaving, claims, rumours, tags }: Greeting, fresh = true): void {
    this.#speaker = from.id;
    this.#choice.spoke(from.id, this.#round);
    const peer = plainPeer({ ...from, name });
    if (leaving === true) this.#table.leaving(peer, incarnation);
    else this.#table.heardFrom(peer, incarnation);
    for (const rumour of rumours) {
      if (rumour.id === this.context.self.id) this.#answerFor({ incarnation: rumour.incarnation, state: 'suspect' });
      else this.#doubts.heard(rumour, from.id);
    }
    const gone = new Set(rumours.filter(({ what }) => what === 'gone').map(({ id }) => id));
    for (const claim of claims) {
      const { id, state } = claim;
      if (id === this.context.self.id) this.#answerFor(claim);
      // The answer to a join tells a newcomer what everybody else knows.
      else if (this.#table.hear(claim, from.id, { fresh, refused: gone.has(id) }) === 'doubted')
        this.#doubts.heard(
          { id, incarnation: claim.incarnation, what: state === 'left' ? 'left' : gone.has(id) ? 'gone' : 'silent' },
          from.id,
        );
    }
    this.#tags.heard(tags, from.id, fresh);
    this.#speaker = undefined;
  }

  /** Refutes what is said of this node, and goes on from what an earlier instance of it said. */
  #answerFor(claim: Pick<Claim, 'incarnation' | 'state'>): void {
    if (claim.incarnation < this.#incarnation || claim.incarnation > this.#incarnation + MAX_LEAP) return;
    if (claim.state === 'alive') return this.#rise(claim.incarnation);
    this.#rise(claim.incarnation + 1);
    this.#health.worse();
    if (!this.#leaving) this.#news.spread();
  }

  #rise(incarnation: number): void {
    this.#incarnation = Math.min(MAX_INCARNATION, Math.max(this.#incarnation, incarnation));
  }

  /** A connection to it ended: perhaps its process is gone, and that can be known at once. */
  #lost({ id }: Peer): void {
    const member = this.#table.get(id);
    if (member?.state === 'alive' && this.#doubts.mayTry()) void this.#prober.probe(member);
  }

  async #reach(id: string): Promise<Outcome> {
    const target = this.#table.get(id);
    if (target === undefined) return 'unclear';
    return this.#table.onlyCalls(id, this.#round) ? 'reached' : this.#prober.help(target);
  }

  #greeting(listener: string): Greeting {
    const { id } = this.context.self;
    // The one that is doubted hears of it, even when it answered here.
    const rumours = this.#news.rumours((rumour: Rumour) => rumour.id !== id && (rumour.id === listener || this.#table.holds(rumour)));
    return {
      name: plainPeer(this.context.self).name,
      incarnation: this.#incarnation,
      ...(this.#leaving && { leaving: true }),
      claims: this.#table.claims(listener, MAX_CLAIMS),
      rumours,
      tags: this.#tags.told(listener, false),
    };
  }

  #compose(type: 'probe' | 'join' | { readonly reach: string }, listener: string): Request {
    const greeting = this.#greeting(listener);
    return typeof type === 'string' ? { ...greeting, type } : { ...greeting, type: 'reach', target: type.reach };
  }
}
