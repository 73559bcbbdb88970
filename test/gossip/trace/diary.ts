/** The module that runs in traces: it remembers a word of each deployment and node that it ran at, tells them when it is asked to, and forgets none. */
import { GossipModule } from '../../../src/sdk/index.ts';
import type { Json, ModuleClass, Peer } from '../../../src/sdk/index.ts';

export interface Diary extends GossipModule {
  tell(peer: Peer): Promise<void>;
}

/** `began`: called with each instance when it begins to serve. */
export function diary(began: (instance: Diary, at: Peer) => void): ModuleClass {
  return class extends GossipModule implements Diary {
    #words = new Set<string>();

    override start(): void {
      this.#words.add(`${this.context.self.name}@${this.context.deployment}`);
      began(this, this.context.self);
    }

    async tell(peer: Peer): Promise<void> {
      this.#merge(await this.context.exchange(peer, [...this.#words]));
    }

    override receive(words: Json): Json {
      this.#merge(words);
      return [...this.#words];
    }

    override transferState(): string {
      return [...this.#words].join(' ');
    }

    override acceptState(state: string): void {
      this.#words = new Set(state.split(' '));
    }

    override inspect(): Json {
      return [...this.#words].sort().join(' ');
    }

    #merge(words: Json): void {
      for (const word of words as string[]) this.#words.add(word);
    }
  };
}
