/** The network in memory behaves as a real one does where it matters to modules. */
import { describe, expect, it } from 'vitest';
import { GossipModule } from '../../src/sdk/index.ts';
import type { ExchangeError, Json, Peer, Timer } from '../../src/sdk/index.ts';
import { TestNetwork } from '../../src/sdk/test-context.ts';
import type { TestNode } from '../../src/sdk/test-node.ts';
import { seededRandom, VirtualTime } from '../../src/sdk/virtual/virtual-time.ts';

class Probe extends GossipModule {
  readonly heard: Json[] = [];
  override receive(body: Json, from: Peer): Json | Promise<Json> {
    if (body === 'refuse') throw new Error('no');
    if (body === 'slow') return new Promise((resolve) => this.context.after(4_500, () => resolve('slow')));
    this.heard.push({ body, from: from.name });
    return { echo: body };
  }
  override transferState(): string {
    return JSON.stringify(this.heard);
  }
  override acceptState(state: string): void {
    this.heard.push(...(JSON.parse(state) as Json[]));
  }
  ask(to: Peer, body: Json): Promise<Json> {
    return this.context.exchange(to, body);
  }
  every(intervalMs: number, task: () => unknown): Timer {
    return this.context.every(intervalMs, task);
  }
  get random(): number {
    return this.context.random();
  }
}

async function pair(): Promise<{ network: TestNetwork; a: TestNode; b: TestNode; ask: (body: Json) => Promise<Json> }> {
  const network = new TestNetwork();
  const [a, b] = [await network.add(Probe), await network.add(Probe)];
  return {
    network,
    a,
    b,
    /** The answer, or the reason why there is none. */
    ask: async (body) => {
      const outcome = (a.module as Probe).ask(b.peer, body).catch((error: ExchangeError) => error.reason);
      await network.advance(6_000);
      return outcome;
    },
  };
}

describe('a test network', () => {
  it('carries messages, stamped with their sender, as JSON and not as objects', async () => {
    const { b, ask } = await pair();
    const body = { deep: [1] };
    expect(await ask(body)).toEqual({ echo: body });
    expect((b.module as Probe).heard).toEqual([{ body, from: 'node1' }]);
    expect(((b.module as Probe).heard[0] as { body: Json }).body).not.toBe(body);
  });

  it('says why there is no answer', async () => {
    const { network, b, ask } = await pair();
    expect(await ask('refuse')).toBe('failed');
    b.freeze();
    expect(await ask(1)).toBe('timeout');
    b.thaw();
    network.separate((_, to) => to === b);
    expect(await ask(2)).toBe('timeout');
    network.separate();
    await b.update(Probe, { deployment: 'd2' });
    expect(await ask(3)).toBe('mismatch');
    b.crash();
    expect(await ask(4)).toBe('unreachable');
    await b.restart(Probe);
    expect(await ask(5)).toBe('mismatch');
  });

  it('knows no way from a node to itself, as no core does', async () => {
    const { network, a } = await pair();
    const asked = (a.module as Probe).ask(a.peer, 'me?').catch((error: ExchangeError) => error.reason);
    await network.advance(1_000);
    expect(await asked).toBe('unreachable');
  });

  it('waits for an answer as long as a node does', async () => {
    const { network, a, b } = await pair();
    const asked = (a.module as Probe).ask(b.peer, 'slow').catch((error: ExchangeError) => error.reason);
    await network.advance(5_000);
    expect(await asked).toBe('slow');
  });

  it('delivers to a thawed node what reached it while it was frozen', async () => {
    const { network, b, ask } = await pair();
    b.freeze();
    expect(await ask('late')).toBe('timeout');
    b.thaw();
    await network.advance(0);
    expect((b.module as Probe).heard).toEqual([{ body: 'late', from: 'node1' }]);
  });

  it('runs timers on virtual time, through failures, until they or their instance end', async () => {
    const { network, a } = await pair();
    const ran: number[] = [];
    const timer = (a.module as Probe).every(1_000, () => {
      ran.push(network.now);
      throw new Error('a mishap');
    });
    await network.advance(2_500);
    a.freeze();
    await network.advance(5_000);
    a.thaw();
    await network.advance(1_000);
    expect(ran).toEqual([1_000, 2_000, 7_500, 8_500]);
    expect(a.logs[0]).toEqual({ message: 'a task failed', fields: { error: 'Error: a mishap' }, level: 'error' });
    timer.stop();
    timer.stop();
    expect(a.timers).toBe(0);
    (a.module as Probe).every(1_000, () => ran.push(-1));
    a.crash();
    await network.advance(5_000);
    expect(ran).toHaveLength(4);
  });

  it('gives up waiting for what does not happen', async () => {
    await expect(new TestNetwork().until('pigs fly', () => false, { deadlineMs: 1_000 })).rejects.toThrow('pigs fly');
  });

  it('draws the same from the same seed', async () => {
    const draw = async (seed: number): Promise<number> => ((await new TestNetwork({ seed }).add(Probe)).module as Probe).random;
    expect(await draw(5)).toBe(await draw(5));
    expect(await draw(5)).not.toBe(await draw(6));
  });
});

describe('virtual time', () => {
  it('runs what falls due in order of time, then of scheduling', async () => {
    const time = new VirtualTime();
    const ran: string[] = [];
    time.after(20, () => ran.push(`c${time.now}`));
    time.after(10, () => {
      ran.push(`a${time.now}`);
      time.after(5, () => ran.push(`b${time.now}`));
    });
    time.after(20, () => ran.push(`d${time.now}`));
    const prevent = time.after(20, () => ran.push('never'));
    prevent();
    await time.advance(20);
    expect([ran, time.now]).toEqual([['a10', 'b15', 'c20', 'd20'], 20]);
  });
});

describe('seeded chance', () => {
  it('is spread evenly', () => {
    const random = seededRandom(1);
    const counts = Array.from({ length: 10 }, () => 0);
    for (let draw = 0; draw < 10_000; draw++) {
      const tenth = Math.floor(random() * 10);
      counts[tenth] = (counts[tenth] ?? 0) + 1;
    }
    expect(counts.every((count) => count > 900 && count < 1_100)).toBe(true);
  });
});
