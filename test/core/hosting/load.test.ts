/** Code that cannot run: each way is refused with its code and its reason, and leaves no process behind. */
import { rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hashCode } from '../../../src/core/hosting/code-hash.ts';
import type { ContentHash } from '../../../src/model/names.ts';
import { json, moduleSource, OTHER, useHosts } from './support.ts';
import { stateOf } from '../../../src/model/state-bytes.ts';

const hosts = useHosts();

const refusals: [string, string, string, RegExp][] = [
  ['throws at import', 'throw new Error("boom at import")', 'GOSSIP_E_MODULE_LOAD', /boom at import/],
  [
    'throws what is no error',
    'throw { toString() { throw 1; } }',
    'GOSSIP_E_MODULE_LOAD',
    /^\{ toString: .* \} was thrown, which is no Error$/,
  ],
  [
    'throws what cannot be looked at',
    'throw { [Symbol.for("nodejs.util.inspect.custom")]() { throw 1; } }',
    'GOSSIP_E_MODULE_LOAD',
    /cannot be shown/,
  ],
  ['does not parse', 'export default class {', 'GOSSIP_E_MODULE_LOAD', /SyntaxError/],
  ['exports nothing', 'export const x = 1', 'GOSSIP_E_MODULE_LOAD', /no class as its default export/],
  ['exports no class', 'export default 7', 'GOSSIP_E_MODULE_LOAD', /no class as its default export/],
  ['lacks methods', 'export default class { receive() {} }', 'GOSSIP_E_MODULE_LOAD', /no transferState\(\), no acceptState\(\)/],
  [
    'has a constructor that throws',
    moduleSource({ constructor: 'constructor() { throw new Error("unbuilt"); }' }),
    'GOSSIP_E_MODULE_LOAD',
    /unbuilt/,
  ],
  ['awaits at the top level', 'await 1; export default class {}', 'GOSSIP_E_MODULE_LOAD', /await at the top level/],
  [
    'imports a package it does not carry (A14)',
    'import "left-pad"; export default class {}',
    'GOSSIP_E_MODULE_LOAD',
    /imports 'left-pad'.*bundle it/,
  ],
  [
    'imports a file it does not carry (A14)',
    'import "./gone.mjs"; export default class {}',
    'GOSSIP_E_MODULE_LOAD',
    /gone\.mjs'.*bundle it/,
  ],
  [
    'imports a file outside (A14)',
    'import "/etc/passwd"; export default class {}',
    'GOSSIP_E_MODULE_LOAD',
    /outside its directory|does not carry/,
  ],
  [
    'registers hooks of a loader, which Node would wait for without an end',
    'import { register } from "node:module"; register("./hooks.mjs", import.meta.url); export default class {}',
    'GOSSIP_E_MODULE_LOAD',
    /register\(\) is denied to modules/,
  ],
  [
    'reads a file that it does not carry',
    `import { readFileSync } from 'node:fs'; readFileSync(new URL('gone.wasm', import.meta.url)); export default class {}`,
    'GOSSIP_E_MODULE_LOAD',
    /reads .*gone\.wasm while it loads.*let the build put it there/,
  ],
  ['ends its process at import', 'process.exit(0)', 'GOSSIP_E_MODULE_CRASH', /exit code 0/],
];

describe('loading', () => {
  it("finds nothing outside the code's directory by Node's permissions alone, without a wall (A14)", async () => {
    const isolation = { level: 'permission-model', prefix: [], endsWithCore: false } as const;
    const source = 'import "/etc/passwd"; export default class {}';
    await expect(hosts.start(source, { isolation })).rejects.toMatchObject({
      message: expect.stringMatching(/outside its directory|does not carry/),
    });
  });

  it.each(refusals)('refuses code that %s', async (_, source, code, message) => {
    await expect(hosts.start(source)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('refuses a module.json that is absent, malformed, or of another API level', async () => {
    const absent = await hosts.module(moduleSource());
    const expected = await hashCode(absent);
    await rename(join(absent, 'module.json'), join(absent, 'other.json'));
    await expect(hosts.start(absent, { expected })).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_JSON' });
    await writeFile(join(absent, 'module.json'), '{"name":"probe","version":"1","entry":"index.mjs","api":2}');
    await expect(hosts.start(absent, { expected })).rejects.toMatchObject({
      code: 'GOSSIP_E_MODULE_JSON',
      message: expect.stringContaining("'api'"),
    });
  });

  it('refuses other bytes than those expected, and runs none of them (law 2)', async () => {
    const source = `console.log("this ran"); ${moduleSource()}`;
    const lines: string[] = [];
    const events = {
      onExchange: () => undefined,
      onPublish: () => undefined,
      onExit: () => undefined,
      onLog: (line: string) => lines.push(line),
    };
    const expected = `sha256:${'0'.repeat(64)}` as ContentHash;
    await expect(hosts.start(source, { expected, events })).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_MISMATCH' });
    expect(lines).toEqual([]);
  });

  it('refuses a link in the code, which would be followed out of the directory', async () => {
    const directory = await hosts.module(moduleSource());
    const expected = await hashCode(directory);
    await symlink('/etc/passwd', join(directory, 'passwd'));
    await expect(hosts.start(directory, { expected })).rejects.toMatchObject({
      code: 'GOSSIP_E_CODE_MISMATCH',
      message: expect.stringContaining('passwd'),
    });
  });

  it('refuses a path that the permission model would read as a pattern', async () => {
    const directory = await hosts.module(moduleSource());
    await rename(directory, `${directory}*`);
    await expect(hosts.start(`${directory}*`)).rejects.toMatchObject({ code: 'GOSSIP_E_CODE_PATH' });
  });

  it('says so when the host program is missing, or no process can be started', async () => {
    await expect(hosts.start(moduleSource(), { hostProgram: '/nowhere/host.mjs' })).rejects.toMatchObject({ code: 'GOSSIP_E_PROGRAM' });
    const command = () => ({ file: '/nowhere/node', args: [], env: {}, cover: [], forks: false });
    await expect(hosts.start(moduleSource(), { command })).rejects.toMatchObject({
      code: 'GOSSIP_E_BUSY',
      message: expect.stringContaining('ENOENT'),
    });
  });
});

describe('a start', () => {
  it('may be reached through links', async () => {
    const directory = await hosts.module(moduleSource());
    await symlink(directory, `${directory}-link`);
    await symlink(hosts.dir, `${hosts.dir}-link`);
    onTestFinished(() => rm(`${hosts.dir}-link`));
    const { host } = await hosts.run(`${directory}-link`, { hostProgram: join(`${hosts.dir}-link`, 'host.mjs') });
    expect(await host.inspect()).toEqual({ state: 'fresh' });
  });

  it('can be given up, also while the code hangs', async () => {
    const abort = new AbortController();
    const events = { onExchange: () => undefined, onPublish: () => undefined, onExit: () => undefined, onLog: () => abort.abort() };
    const started = hosts.start('process.stdout.write("importing\\n"); for (;;);', { events, signal: abort.signal });
    await expect(started).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_ABSENT' });
  });
});

describe('the steps after it', () => {
  it('a state that is too large ends the new instance', async () => {
    const { host } = await hosts.start(moduleSource());
    await expect(host.accept(stateOf('x'.repeat(64 * 1024 * 1024 + 1)))).rejects.toMatchObject({ code: 'GOSSIP_E_TOO_LARGE' });
    await expect(host.inspect()).rejects.toMatchObject({ code: 'GOSSIP_E_TOO_LARGE' });
  });

  it('a state that is refused only later ends it too', async () => {
    const { host } = await hosts.start(moduleSource({ acceptState: 'async acceptState() { throw new Error("later"); }' }));
    await expect(host.accept(stateOf('{}'))).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_STATE' });
  });

  it('a state that is not accepted ends the new instance with its reason', async () => {
    const { host, exits } = await hosts.start(
      moduleSource({ acceptState: 'acceptState() { throw new Error("version 9 of the state"); }' }),
    );
    await expect(host.accept(stateOf('{}'))).rejects.toMatchObject({
      code: 'GOSSIP_E_MODULE_STATE',
      message: expect.stringContaining('version 9'),
    });
    await expect(host.activate()).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_STATE' });
    expect(exits).toEqual([]);
  });

  it.each(['start() { throw new Error("no luck"); }', 'async start() { throw new Error("no luck"); }'])(
    'a start that fails ends it: %s',
    async (start) => {
      const { host, exits } = await hosts.start(moduleSource({ start }));
      await expect(host.activate()).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_START', message: expect.stringContaining('no luck') });
      expect(exits).toEqual([]);
    },
  );

  it('a start that never finishes has a deadline', async () => {
    const { host } = await hosts.start(moduleSource({ start: 'start() { return new Promise(() => {}); }' }), {
      limits: { stepTimeoutMs: 2_000 },
    });
    await expect(host.activate()).rejects.toMatchObject({
      code: 'GOSSIP_E_MODULE_START',
      message: expect.stringContaining('within 2000 ms'),
    });
  });

  it('a step that holds up the process, or never ends, is named in the reason', async () => {
    const limits = { hungAfterMs: 1_500, stepTimeoutMs: 10_000 };
    const busy = await hosts.start(moduleSource({ acceptState: 'acceptState() { for (;;); }' }), { limits });
    await expect(busy.host.accept(stateOf('{}'))).rejects.toMatchObject({
      code: 'GOSSIP_E_MODULE_HUNG',
      message: 'did not answer for 1500 ms: acceptState of d3 did not end',
    });
    const waiting = moduleSource({ acceptState: 'acceptState() { return new Promise(() => {}); }' });
    const endless = await hosts.start(waiting, { limits: { stepTimeoutMs: 2_000 } });
    await expect(endless.host.accept(stateOf('{}'))).rejects.toMatchObject({ message: 'acceptState of d3 did not end within 2000 ms' });
  });

  it.each([
    ['transferState() { throw new Error("not now"); }', 'Error: not now (at '],
    ['transferState() { return { no: "string" }; }', 'transferState() must return a string or a Uint8Array, and returned object'],
    ['transferState() {}', 'transferState() must return a string or a Uint8Array, and returned undefined'],
    [
      'async transferState() { return ""; }',
      'transferState() must return a string or a Uint8Array, and returned a promise: it is not awaited',
    ],
    ['transferState() { return "x".repeat(64 * 1024 * 1024 + 1); }', 'transferState() gave 67108865 bytes, 67108864 are allowed'],
  ])('a state that is not given leaves it running: %s', async (transferState, message) => {
    const { host, exits } = await hosts.run(moduleSource({ transferState }));
    await expect(host.takeState()).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_STATE', message: expect.stringContaining(message) });
    expect(await host.inspect()).toEqual({ state: 'fresh' });
    expect(exits).toEqual([]);
  });
});

describe('a crash', () => {
  it.each([
    ['an error that nobody caught', 'setTimeout(() => { throw new Error("late boom"); })', /crashed: Error: late boom/],
    ['a rejection that nobody caught', 'setTimeout(() => Promise.reject(new Error("lost")))', /crashed: Error: lost/],
    ['the end of its process', 'setTimeout(() => process.exit(3))', /exit code 3/],
    ['an abort', 'setTimeout(() => process.abort())', /SIGABRT|SIGSEGV/],
    ['an overflow of the stack', 'setTimeout(function again() { again(); again(); })', /RangeError/],
  ])('is told with its reason: %s', async (_, statement, message) => {
    const { host, exits } = await hosts.run(moduleSource({ receive: `receive() { ${statement}; return new Promise(() => {}); }` }));
    const delivery = host.deliver(OTHER, json(0), 20_000);
    await expect(delivery).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_CRASH', message: expect.stringMatching(message) });
    expect(exits).toMatchObject([{ code: 'GOSSIP_E_MODULE_CRASH', message: expect.stringMatching(message) }]);
  });
});
