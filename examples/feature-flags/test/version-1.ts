/** feature-flags as it was deployed before: reports did not tell the deployment. Kept to try the update from it. */
import { asInteger, asList, asObject, asText, BadInput, field, GossipModule, parseState, roundMs } from 'gossip/sdk';
import type { Json, JsonObject } from 'gossip/sdk';

const MAX_NODES = 1_000;

export default class FeatureFlags extends GossipModule {
  #reports = new Map<string, readonly [count: number, on: readonly string[]]>();

  override start(): void {
    this.context.every(roundMs(this.context), () => this.#round());
  }

  override receive(body: Json): Json {
    this.#merge(body);
    return this.#json();
  }

  override transferState(): string {
    return JSON.stringify({ version: 1, reports: this.#json() });
  }

  override acceptState(text: string): void {
    this.#merge(field(parseState(text, [1]).state, 'reports'));
  }

  override inspect(): Json {
    return { nodes: this.#reports.size };
  }

  async #round(): Promise<void> {
    const { id } = this.context.self;
    const on = Object.entries(asObject(field(this.context.settings, 'flags') ?? {}, 'settings.flags'));
    this.#reports.set(id, [(this.#reports.get(id)?.[0] ?? 0) + 1, on.filter(([, value]) => value === true).map(([name]) => name)]);
    for (const peer of this.context.peers(1)) {
      try {
        this.#merge(await this.context.exchange(peer, this.#json()));
      } catch (error) {
        this.context.log('an exchange failed', { peer: peer.name, error: String(error) });
      }
    }
  }

  #merge(value: Json | undefined): void {
    const entries = Object.entries(asObject(value, 'the reports'));
    if (entries.length > MAX_NODES) throw new BadInput('too many nodes');
    for (const [id, report] of entries) {
      const [first, second] = asList(report, 'a report', { max: 2 });
      const count = asInteger(first, 'a count', { max: Number.MAX_SAFE_INTEGER - 1 });
      const on = asList(second, 'the flags', { max: 16 }).map((name) => asText(name, 'a flag', { max: 32 }));
      const known = this.#reports.get(id)?.[0];
      if (known === undefined ? this.#reports.size < MAX_NODES : count > known) this.#reports.set(id, [count, on]);
    }
  }

  #json(): JsonObject {
    return Object.fromEntries([...this.#reports].map(([id, [count, on]]) => [id, [count, [...on]]]));
  }
}
