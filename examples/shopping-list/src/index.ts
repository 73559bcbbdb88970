/**
 * shopping-list: a list that all nodes write on at once, also while they cannot hear each other. Who buys something takes away what he saw; where somebody else wanted more of it
 * meanwhile, that stays on the list. The map, and when news is told at once, are the SDK's; this says what is sent.
 *
 * Applications ask `{ op: 'put', item, amount }`, `{ op: 'bought', item }` and `{ op: 'list' }`, and watch items.
 */
import { asInteger, asJson, asObject, asText, asWord, field, GossipModule, knownSettings, parseState, roundMs } from 'gossip/sdk';
import type { Body, Json, Peer } from 'gossip/sdk';
import { EagerPush, ObservedRemoveMap } from 'gossip/sdk/replicated';

const MAX_AMOUNT = 1_000;
/** Peers that hear at once what is new. */
const TOLD_AT_ONCE = 3;

export default class ShoppingList extends GossipModule {
  readonly #items = new ObservedRemoveMap(this.context.instanceId);
  readonly #push = new EagerPush({
    context: this.context,
    listeners: () => this.context.peers(TOLD_AT_ONCE),
    tell: (peer) => void this.#meet(peer),
  });

  override start(): void {
    knownSettings(this.context.settings, ['intervalMs']);
    this.context.every(roundMs(this.context), () => {
      this.#push.nextRound();
      return Promise.all(this.context.peers(1).map((peer) => this.#meet(peer)));
    });
  }

  override request(body: Body): Json {
    const request = asObject(asJson(body, 'a request'), 'a request');
    const op = asWord(field(request, 'op'), "a request's op", ['put', 'bought', 'list']);
    if (op === 'list') return this.#list();
    const item = asText(field(request, 'item'), 'an item', { max: 128 });
    if (op === 'put') this.#items.set(item, asInteger(field(request, 'amount'), 'an amount', { min: 1, max: MAX_AMOUNT }));
    else if (!this.#items.delete(item)) return { item, wasWanted: false };
    this.#news([item]);
    return { item, wasWanted: true };
  }

  /** `compare` is answered with what the sender lacks, or null; `take` brings what lacks here. */
  override receive(body: Body, from: Peer): Json {
    const message = asObject(body, 'a message');
    if (asWord(field(message, 'type'), 'the type of a message', ['compare', 'take']) === 'compare') {
      const delta = this.#items.delta(field(message, 'digest') ?? null);
      return delta && { delta, digest: this.#items.digest() };
    }
    this.#news(this.#items.merge(field(message, 'delta') ?? null), from.id);
    return null;
  }

  override transferState(): string {
    return JSON.stringify({ version: 1, items: this.#items.json() });
  }

  override acceptState(state: string): void {
    this.#items.merge(field(parseState(state, [1]).state, 'items') ?? null);
  }

  override inspect(): Json {
    return this.#list();
  }

  /** Both hold the same afterwards. */
  async #meet(peer: Peer): Promise<void> {
    try {
      const answer = await this.context.exchange(peer, { type: 'compare', digest: this.#items.digest() });
      if (answer === null) return;
      const told = asObject(answer, 'an answer');
      this.#news(this.#items.merge(field(told, 'delta') ?? null), peer.id);
      const delta = this.#items.delta(field(told, 'digest') ?? null);
      if (delta !== null) this.context.send(peer, { type: 'take', delta });
    } catch (error) {
      this.context.log('an exchange failed', { peer: peer.name, error: String(error) });
    }
  }

  /** Tells who watches, and some peers at once. */
  #news(items: readonly string[], from?: string): void {
    if (items.length === 0) return;
    for (const item of items) this.context.publish?.({ item, amount: this.#amount(item) }, item);
    this.#push.spread(from);
  }

  /** Who wanted something at the same time wants all of it. */
  #amount(item: string): number {
    return this.#items.get(item).reduce<number>((sum, amount) => sum + (typeof amount === 'number' ? amount : 0), 0);
  }

  #list(): Json {
    const items = this.#items.keys().toSorted();
    return Object.fromEntries(items.map((item) => [item, this.#amount(item)]));
  }
}
