/** Endless loops, endless memory and endless output end the module that has them, and nothing else (attacks D7, D8, D9). */
import { describe, expect, it } from 'vitest';
import { json, moduleSource, OTHER, parsed, until, useHosts } from './support.ts';
import { stateOf } from '../../../src/model/state-bytes.ts';

const hosts = useHosts();

const quick = { hungAfterMs: 1_500 };

describe('an endless loop', () => {
  it('at import is found', async () => {
    await expect(hosts.start('for (;;);', { limits: quick })).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_HUNG' });
  });

  it('while a state is accepted is found', async () => {
    const { host } = await hosts.start(moduleSource({ acceptState: 'acceptState() { for (;;); }' }), {
      limits: { ...quick, stepTimeoutMs: 20_000 },
    });
    await expect(host.accept(stateOf('{}'))).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_HUNG' });
  });

  it('in a handler or in microtasks is found; unwatched it goes on for ever', async () => {
    const handler = moduleSource({ receive: 'receive() { for (;;); }' });
    const microtask = moduleSource({ receive: 'receive() { const again = () => void Promise.resolve().then(again); again(); return 0; }' });
    const watched = await Promise.all([handler, microtask].map((source) => hosts.run(source, { limits: quick })));
    const unwatched = await hosts.run(handler, { limits: { hungAfterMs: Infinity } });
    for (const { host } of [...watched, unwatched]) host.deliver(OTHER, json(0), 60_000).catch(() => undefined);
    await until(() => watched.every(({ exits }) => exits.length > 0), 'both ends');
    expect(watched.map(({ exits }) => exits)).toMatchObject([[{ code: 'GOSSIP_E_MODULE_HUNG' }], [{ code: 'GOSSIP_E_MODULE_HUNG' }]]);
    // Silence shows at once, long before it is taken for a hang: what hangs is not healthy meanwhile.
    await until(() => unwatched.host.silentMs > 1_000, 'a second of silence');
    expect(unwatched.exits).toEqual([]);
    await unwatched.host.stop(0);
  });
});

describe('endless memory', () => {
  const MB = 1024 * 1024;
  const slowly = (grow: string): string =>
    moduleSource({
      receive: `receive() { const kept = []; ${grow.includes('memory') ? 'const memory = new WebAssembly.Memory({ initial: 1 });' : ''} setInterval(() => { ${grow} }, 5); return true; }`,
    });
  const buffers = slowly('kept.push(Buffer.alloc(1024 * 1024, 1));');

  it.each([
    ['of the heap', slowly('kept.push(Array.from({ length: 200_000 }, () => ({})));'), { heapMb: 32, residentMb: 1_024 }, /its heap/],
    ['in buffers', buffers, { residentMb: 128 }, /128 MB are allowed/],
    ['in WebAssembly', slowly('memory.grow(32); new Uint8Array(memory.buffer).fill(1);'), { residentMb: 128 }, /128 MB are allowed/],
  ])('%s is found', async (_, source, limits, says) => {
    const { host, exits } = await hosts.run(source, { limits });
    await host.deliver(OTHER, json(0), 5_000);
    await until(() => exits.length > 0, 'the end of the host', 25_000);
    expect(exits).toMatchObject([{ code: 'GOSSIP_E_MODULE_MEMORY', message: expect.stringMatching(says) }]);
  });

  it('is not found where the limit is out of reach', async () => {
    const { host, exits } = await hosts.run(buffers, { limits: { residentMb: 8_192 } });
    await host.deliver(OTHER, json(0), 5_000);
    await until(() => (host.residentBytes ?? 0) > 300 * MB, '300 MB', 25_000);
    await host.stop(0);
    expect(exits).toEqual([]);
  });

  it('all at once meets a wall of the system', async () => {
    const { host } = await hosts.run(
      moduleSource({ receive: 'receive() { try { return Buffer.alloc(3e9, 1).length; } catch { return "refused"; } }' }),
    );
    expect(parsed(await host.deliver(OTHER, json(0), 20_000))).toBe('refused');
  });
});

describe('endless output', () => {
  it('is dropped and counted, and leaves the memory of the core flat', async () => {
    const { host, lines, exits } = await hosts.run(
      moduleSource({
        // What the core has not read yet lies in the module's own memory: more than that is another test.
        start:
          'start() { this.printed = 0; const line = "x".repeat(1_000); setInterval(() => { if (this.printed >= 40_000) return; for (let n = 0; n < 500; n++) console.log(line); this.printed += 500; }, 1); }',
        inspect: 'inspect() { return this.printed; }',
      }),
      { limits: { logLinesPerSecond: 20 } },
    );
    const before = process.memoryUsage.rss();
    let printed = 0;
    while (printed < 15_000) printed = (await host.inspect()) as number;
    const dropped = (): number =>
      lines.flatMap((line) => /^… (\d+) lines? lost$/.exec(line)?.[1] ?? []).reduce((sum, count) => sum + Number(count), 0);
    // On a busy machine the core takes its time to read what was printed.
    await until(() => dropped() > 1_000, 'a thousand lost lines', 60_000);
    await host.stop(0);
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024);
    expect(lines.length).toBeLessThan(printed / 20);
    expect(host.logTail().length).toBeLessThanOrEqual(100);
    expect(exits).toEqual([]);
  });

  it('without a newline is cut, and ends nothing', async () => {
    const { host } = await hosts.run(
      moduleSource({ start: 'start() { setInterval(() => process.stdout.write("y".repeat(100_000)), 1); }' }),
    );
    expect(await host.inspect()).toEqual({ state: 'fresh' });
    await host.stop(0);
    expect(host.logTail().every((line) => line.length < 5_000)).toBe(true);
  });
});
