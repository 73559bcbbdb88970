/** Membership: who is in the cluster and who is alive. `table.ts` says what is believed, and why. */
import { GossipModule, knownSettings, roundMs } from '../../sdk/index.ts';
import type { Json, ModuleContext, Peer, StopReason } from '../../sdk/index.ts';
import { SETTINGS } from './settings.ts';
import type { Claim } from './claims.ts';
import { claimJson, MAX_CLAIMS, MAX_INCARNATION, plainPeer } from './claims.ts';
import { LocalHealth } from './health.ts';
import type { Greeting, Request } from './messages.ts';
import { answerJson, parseRequest, requestJson } from './messages.ts';
import { Prober } from './prober.ts';
import { readSnapshot, writeSnapshot } from './state.ts';
import { MAX_LEAP, Table } from './table.ts';

/** Doubted members that are tried in one round, beside the one whose turn it is. */
const VERIFIED_PER_ROUND = 3;
/** Every so many rounds one of the dead is tried: a healed partition, or a node that came back silently. */
const RETRY_ROUNDS = 5;
/** Members that are told when this one leaves; the others learn it from them. */
const FAREWELLS = 3;
/** A round that comes this many times too late says that this node is slow. */
const LATE_FACTOR = 3;

export default class Membership extends GossipModule {
  readonly #table: Table;
  readonly #health = new LocalHealth();
  readonly #prober: Prober;
  #incarnation: number;
  /** The old instance's; null where there was none. */
  #inherited: number | null = null;
  #intervalMs = 0;
  #round = 0;
  #lastRoundAt = 0;
  /** Members whose turn to be probed is still to come; refilled in random order, so that nobody is passed over for long. */
  #turns: string[] = [];

  constructor(context: ModuleContext) {
    super(context);
    this.#incarnation = context.incarnation;
    this.#table = new Table(context.self.id, () => Math.round(context.now()));
    this.#prober = new Prober({
      context,
      health: this.#health,
      compose: (type, listener) => this.#compose(type, listener),
      answered: (peer, answer) => {
        this.#heard(peer, answer);
        this.#table.answered(peer.id);
      },
      helpersFor: (target, count) => this.#drawAlive(count, target),
      reachedByOthers: (target) => this.#table.reached(target),
      failed: (target) => this.#table.failed(target, this.#round),
    });
  }

  override start(): void {
    knownSettings(this.context.settings, SETTINGS);
    // One more than the old instance, so that what was said of that one does not count against this one.
    if (this.#inherited !== null) this.#rise(this.#inherited + 1);
    this.#inherited = null;
    this.#intervalMs = roundMs(this.context);
    this.#lastRoundAt = this.context.now();
    // Nodes that were started together do not all speak at once.
    this.context.after(this.context.random() * this.#intervalMs, () => {
      this.#nextRound();
      this.context.every(this.#intervalMs, () => this.#nextRound());
    });
  }

  override async receive(body: Json, from: Peer): Promise<Json> {
    const request = parseRequest(body);
    if (request.type === 'bye') this.#table.leaving(plainPeer({ ...from, name: request.name }), request.incarnation);
    else {
      this.#heard(from, request);
      this.#table.called(from.id, this.#round);
    }
    const target = request.type === 'reach' ? this.#table.get(request.target) : undefined;
    const reached = target !== undefined && (this.#table.onlyCalls(target.id, this.#round) || (await this.#prober.help(target)));
    return answerJson({ ...this.#greeting(from.id), reached });
  }

  override transferState(): string {
    return writeSnapshot({ incarnation: this.#inherited ?? this.#incarnation, members: this.#table.members() });
  }

  override acceptState(text: string): void {
    const { incarnation, members } = readSnapshot(text, Math.round(this.context.now()));
    this.#inherited = incarnation;
    for (const member of members) this.#table.restore(member);
  }

  override inspect(): Json {
    const now = this.context.now();
    const { id, name, address } = this.context.self;
    const self = { id, name, address, incarnation: this.#incarnation, state: 'alive', ageMs: 0 };
    const others = this.#table.members().map((member) => ({
      ...claimJson(member),
      ageMs: Math.max(0, now - member.since),
      ...(member.callable === false && { callable: false }),
    }));
    const members = [self, ...others].toSorted((a, b) => (a.name < b.name || (a.name === b.name && a.id < b.id) ? -1 : 1));
    return { members };
  }

  /** Says goodbye, unless its successor goes on; whoever is not told hears of it from the others. */
  override async stop(reason: StopReason): Promise<void> {
    if (reason === 'update') return;
    const farewells = this.#drawAlive(FAREWELLS).map((peer) => {
      const bye: Request = { ...this.#greeting(peer.id), type: 'bye' };
      // Whoever cannot be told finds out by probing.
      return this.context.exchange(peer, requestJson(bye)).catch(() => null);
    });
    await Promise.all(farewells);
  }

  #nextRound(): void {
    this.#round++;
    this.#doubtMyself();
    this.#table.expire(this.#round, this.#health.factor);
    const stranger = this.context.peers(8).find((peer) => this.#table.get(peer.id) === undefined);
    const retried = this.#round % RETRY_ROUNDS === 0 ? this.#draw(this.#table.inState('dead', 'left'), 1) : [];
    const verified = this.#draw(this.#table.doubted(), VERIFIED_PER_ROUND);
    const turn = this.#nextTurn();
    for (const peer of new Set([turn, stranger, ...retried, ...verified])) {
      if (peer !== undefined) void this.#prober.probe(peer);
    }
  }

  #heard(from: Peer, { name, incarnation, claims }: Greeting): void {
    this.#table.heardFrom(plainPeer({ ...from, name }), incarnation);
    for (const claim of claims) {
      if (claim.id === this.context.self.id) this.#answerFor(claim);
      else this.#table.hear(claim, from.id);
    }
  }

  /** Refutes what is said of this node, and goes on from what an earlier instance of it said. */
  #answerFor(claim: Claim): void {
    if (claim.incarnation < this.#incarnation || claim.incarnation > this.#incarnation + MAX_LEAP) return;
    if (claim.state === 'alive') return this.#rise(claim.incarnation);
    this.#rise(claim.incarnation + 1);
    this.#health.worse();
  }

  #rise(incarnation: number): void {
    this.#incarnation = Math.min(MAX_INCARNATION, Math.max(this.#incarnation, incarnation));
  }

  /** A round that comes late, or a clock that jumps: whatever seemed to time out meanwhile says little about the others. */
  #doubtMyself(): void {
    const now = this.context.now();
    const passedMs = now - this.#lastRoundAt;
    if (passedMs < 0 || passedMs > LATE_FACTOR * this.#intervalMs) this.#health.worse();
    this.#lastRoundAt = now;
  }

  #nextTurn(): Claim | undefined {
    const candidates = this.#table.inState('alive', 'suspect');
    if (this.#turns.length === 0) this.#turns = this.#draw(candidates, candidates.length).map(({ id }) => id);
    const id = this.#turns.shift();
    return candidates.find((member) => member.id === id);
  }

  #greeting(listener: string): Greeting {
    return { name: plainPeer(this.context.self).name, incarnation: this.#incarnation, claims: this.#table.claims(listener, MAX_CLAIMS) };
  }

  #compose(type: 'probe' | { readonly reach: string }, listener: string): Request {
    const greeting = this.#greeting(listener);
    return type === 'probe' ? { ...greeting, type } : { ...greeting, type: 'reach', target: type.reach };
  }

  #drawAlive(count: number, except?: string): Claim[] {
    return this.#draw(
      this.#table.inState('alive').filter(({ id }) => id !== except),
      count,
    );
  }

  #draw<T>(from: readonly T[], count: number): T[] {
    const left = [...from];
    const drawn: T[] = [];
    while (drawn.length < count && left.length > 0) drawn.push(...left.splice(Math.floor(this.context.random() * left.length), 1));
    return drawn;
  }
}
