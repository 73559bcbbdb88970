/** The contract suite finds the mistakes that it is there to find. */
import { describe, expect, it } from 'vitest';
import { contractSuite } from '../../src/sdk/contract.ts';
import type { ContractOptions } from '../../src/sdk/contract.ts';
import { asBytes, asInteger, asObject, field, GossipModule, parseState } from '../../src/sdk/index.ts';
import type { Body, Json, ModuleClass, Shown } from '../../src/sdk/index.ts';

/** A counter that keeps the contract; each mistake below is one small change of it. */
class Counter extends GossipModule {
  protected count = 0;
  override start(): void {
    this.context.every(1_000, () => this.round());
  }
  protected async round(): Promise<void> {
    this.count++;
    for (const peer of this.context.peers(1)) await this.context.exchange(peer, { count: this.count });
  }
  override receive(body: Json): Json | Promise<Json> {
    this.count = Math.max(this.count, asInteger(field(asObject(body, 'body'), 'count'), 'count', { max: 2 ** 50 }));
    return { count: this.count };
  }
  override transferState(): string {
    return JSON.stringify({ version: 1, count: this.count });
  }
  override acceptState(text: string): void {
    this.count = asInteger(field(parseState(text, [1]).state, 'count'), 'count', { max: 2 ** 50 });
  }
  override inspect(): Json {
    return { count: this.count };
  }
}

/** The same in bytes: a count is four of them, and so is the state. */
class ByteCounter extends GossipModule {
  #count = Uint8Array.of(0, 0, 0, 0);
  override start(): void {
    this.context.every(1_000, () => this.#round());
  }
  async #round(): Promise<void> {
    const view = new DataView(this.#count.buffer);
    view.setUint32(0, Math.min(view.getUint32(0) + 1, 2 ** 31));
    for (const peer of this.context.peers(1)) this.#learn(await this.context.exchange(peer, this.#count, { answer: 'bytes' }));
  }
  override receive(body: Body): Body {
    this.#learn(body);
    return this.#count;
  }
  #learn(body: Body): void {
    const bytes = asBytes(body, 'a count', { max: 4 });
    const count = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0);
    const view = new DataView(this.#count.buffer);
    view.setUint32(0, Math.max(count, view.getUint32(0)));
  }
  override transferState(): Uint8Array {
    return this.#count;
  }
  override acceptState(state: string | Uint8Array): void {
    this.#count = new Uint8Array(asBytes(state, 'the state', { max: 4 }));
  }
  override inspect(): Shown {
    return { count: this.#count };
  }
}

async function complaints(Module: ModuleClass, options: ContractOptions = {}): Promise<string[]> {
  const found: string[] = [];
  for (const { name, run } of contractSuite(Module, { runMs: 20_000, ...options })) {
    await run().catch((error: Error) => found.push(`${name}: ${error.message}`));
  }
  return found;
}

const MISTAKES: Record<string, [ModuleClass, RegExp]> = {
  'shows what is not JSON': [
    class extends Counter {
      override inspect(): Json {
        return { count: this.count, when: undefined as unknown as Json };
      }
    },
    /^starts, shows.*not JSON/,
  ],
  'shows a Map deep within': [
    class extends Counter {
      override inspect(): Json {
        return { count: this.count, seen: [{ by: new Map([[1, 2]]) as unknown as Json }] };
      }
    },
    /^starts, shows.* before the first round is not JSON: seen\.0\.by is a Map$/,
  ],
  'takes bytes for the text of its state': [
    class extends Counter {
      override acceptState(state: string | Uint8Array): void {
        if (typeof state === 'string') super.acceptState(state);
      }
    },
    /^refuses what is not a state by throwing: acceptState\(\d+ bytes\)/,
  ],
  'has no transferState()': [
    class {
      receive(): null {
        return null;
      }
      acceptState(): void {}
    } as unknown as ModuleClass,
    /^starts, shows.*the default export has no transferState\(\)$/,
  ],
  'is no class': [new Map() as unknown as ModuleClass, /^starts, shows.*no class as its default export$/],
  'gives no text for a state': [
    class extends Counter {
      override transferState(): string {
        return Promise.resolve('s') as unknown as string;
      }
    },
    /^hands its state over.*returned a promise: it is not awaited$/,
  ],
  'counts its hand-overs': [
    class extends Counter {
      override transferState(): string {
        this.count++;
        return super.transferState();
      }
    },
    /^hands its state over.*another state/,
  ],
  'changes what it takes over': [
    class extends Counter {
      override acceptState(text: string): void {
        super.acceptState(text);
        this.count++;
      }
    },
    /^takes a state over.*changes each time/,
  ],
  'takes any state': [
    class extends Counter {
      override acceptState(text: string): void {
        this.count = text.length;
      }
    },
    /^refuses what is not a state.*does not throw/,
  ],
  'believes any number': [
    class extends Counter {
      override receive(body: Json): Json {
        this.count = (body as { count: number } | null)?.count ?? 0;
        return { count: 1 };
      }
    },
    /^survives hostile messages/,
  ],
  'lets messages into the prototype': [
    class extends Counter {
      override receive(body: Json): Json | Promise<Json> {
        if (Object.hasOwn(Object(body) as object, '__proto__')) Object.assign(Object.prototype, { polluted: true });
        return super.receive(body);
      }
    },
    /^survives hostile messages.*prototype/,
  ],
  'never answers': [
    class extends Counter {
      override receive(): Promise<Json> {
        return new Promise(() => {});
      }
    },
    /^survives hostile messages.*never comes/,
  ],
  'never answers an application': [
    class extends Counter {
      override request(): Promise<Json> {
        return new Promise(() => {});
      }
    },
    /^answers applications or refuses.*never comes/,
  ],
  'takes whatever an application says': [
    class extends Counter {
      override request(body: Json | Uint8Array): Json {
        this.count = body as number;
        return null;
      }
    },
    /^answers applications or refuses/,
  ],
  'grows with every message': [
    class extends Counter {
      #kept: Json[] = [];
      override receive(body: Json): Json {
        this.#kept.push(body);
        return null;
      }
      override transferState(): string {
        return JSON.stringify({ version: 1, count: 0, kept: Array.from({ length: 10 }, () => this.#kept) });
      }
    },
    /^survives hostile messages.*grow/,
  ],
  'gives up gossiping after a failure': [
    class extends Counter {
      override start(): void {
        const next = (): void =>
          void this.round().then(
            () => this.context.after(1_000, next),
            () => null,
          );
        this.context.after(1_000, next);
      }
    },
    /^gossips, also under loss|^survives/,
  ],
  'starts only without a state': [
    class extends Counter {
      override start(): void {
        if (this.count > 0) throw new Error('too late');
        super.start();
      }
    },
    /^is updated live.*too late/,
  ],
  'draws its own lots': [
    class extends Counter {
      override async round(): Promise<void> {
        this.count += Math.floor(Math.random() * 1_000_000);
        await super.round();
      }
    },
    /^takes time and chance.*Math\.random\(\) is called at .*contract\.test\.ts:\d+:\d+\)?: use context\.random\(\)/,
  ],
  'leaves timers behind': [
    class extends Counter {
      override async round(): Promise<void> {
        this.context.every(60_000, () => null);
        await super.round();
      }
    },
    /^does not pile up timers/,
  ],
};

describe('the contract suite', () => {
  it('finds nothing wrong with a module that keeps the contract', async () => {
    expect(await complaints(Counter)).toEqual([]);
  });

  it('finds nothing wrong with one that speaks and keeps bytes', async () => {
    expect(await complaints(ByteCounter)).toEqual([]);
  });

  it('lets a module be silent and stateless that says so', async () => {
    class Silent extends GossipModule {
      override receive(): Json {
        return null;
      }
      override transferState(): string {
        return '';
      }
      override acceptState(): void {
        // Has nothing to keep.
      }
    }
    expect(await complaints(Silent, { gossips: false, stateless: true })).toEqual([]);
    expect(await complaints(Silent)).not.toEqual([]);
  });

  it.each(Object.keys(MISTAKES))('finds a module that %s', async (mistake) => {
    const [Module, complaint] = MISTAKES[mistake] as [ModuleClass, RegExp];
    try {
      expect((await complaints(Module)).filter((found) => complaint.test(found))).not.toEqual([]);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'polluted');
    }
  });

  it('names who looks at the clock, and is told that this is meant so', async () => {
    class Dated extends Counter {
      override inspect(): Json {
        return { count: this.count, at: new Date().getFullYear() };
      }
      override start(): void {
        this.context.log(`started at ${Date.now()}`);
        super.start();
      }
    }
    expect(await complaints(Dated)).toEqual([
      expect.stringMatching(
        /^takes time and chance.*Date\.now\(\) is called at Dated\.start .*: use context\.now\(\); where that is meant so/,
      ),
    ]);
    for (const deterministic of [false, 'outcome'] as const) expect(await complaints(Dated, { deterministic })).toEqual([]);
    class Drawn extends Counter {
      override transferState(): string {
        return JSON.stringify({ ...(JSON.parse(super.transferState()) as object), drawn: instances++ });
      }
    }
    let instances = 0;
    expect(await complaints(Drawn, { deterministic: 'outcome' })).toContainEqual(
      expect.stringMatching(/two runs .* end in different states/),
    );
    expect(Object.getOwnPropertyDescriptor(Date, 'now')?.value).toBe(Date.now);
  });

  it('leaves no instance running, whatever came of a check', async () => {
    const running = new Set<Counter>();
    class Restless extends Counter {
      override start(): void {
        running.add(this);
        super.start();
      }
      override stop(): void {
        running.delete(this);
      }
      override inspect(): Json {
        throw new Error('shows nothing');
      }
    }
    expect(await complaints(Restless)).not.toEqual([]);
    expect(running.size).toBe(0);
  });

  it('ends also where stop() never does', async () => {
    class Clinging extends Counter {
      override stop(): Promise<void> {
        return new Promise(() => {});
      }
    }
    expect(await complaints(Clinging)).toEqual([]);
  });

  it('lets inspect() be left out, or answer later', async () => {
    class Slow extends Counter {
      override inspect(): Json {
        return Promise.resolve({ count: this.count }) as unknown as Json;
      }
    }
    class Mute extends Counter {}
    Object.assign(Mute.prototype, { inspect: undefined });
    expect([await complaints(Slow), await complaints(Mute)]).toEqual([[], []]);
  });

  it('hands the state of the version before over, and back again', async () => {
    class Next extends Counter {
      override transferState(): string {
        return JSON.stringify({ version: 2, count: this.count });
      }
      override acceptState(text: string): void {
        this.count = asInteger(field(parseState(text, [1, 2]).state, 'count'), 'count', { max: 2 ** 50 });
      }
    }
    class Both extends Counter {
      override acceptState(text: string): void {
        this.count = asInteger(field(parseState(text, [1, 2]).state, 'count'), 'count', { max: 2 ** 50 });
      }
    }
    expect(await complaints(Next, { previous: Both })).toEqual([]);
    expect(await complaints(Next, { previous: Counter })).toEqual([
      expect.stringMatching(/gives back: the version before does not take the state back.*rollback: false.*version 2; this code reads 1/),
    ]);
    expect(await complaints(Next, { previous: Counter, rollback: false })).toEqual([]);
    class Forgetful extends Next {
      override acceptState(text: string): void {
        this.count = asInteger(field(parseState(text, [2]).state, 'count'), 'count', { max: 2 ** 50 });
      }
    }
    expect(await complaints(Forgetful, { previous: Both })).toEqual([
      expect.stringMatching(/the update would be held.*version 1; this code reads 2/),
    ]);
  });
});
