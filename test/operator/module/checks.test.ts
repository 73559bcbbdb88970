/** `checkModule` finds before a deployment what nodes would find after it. */
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkModule, tryModule } from '../../../src/operator/module/checks.ts';
import { moduleSource, useHosts } from '../../core/hosting/support.ts';

const hosts = useHosts();

async function check(files: string | Record<string, string>) {
  const checks = await checkModule(await hosts.module(files), { hostProgram: hosts.hostProgram });
  return { passed: checks.filter(({ ok }) => ok).map((each) => each.check), failed: checks.find(({ ok }) => !ok) };
}

describe('a module that works', () => {
  it('passes every check', async () => {
    const checks = await checkModule(await hosts.module(moduleSource()), { hostProgram: hosts.hostProgram });
    expect(checks).toEqual([
      { check: 'module.json', ok: true, detail: 'probe 1, entry index.mjs' },
      { check: 'code', ok: true, detail: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
      { check: 'load', ok: true, detail: 'loads in the sandbox' },
      { check: 'start', ok: true, detail: 'starts' },
      { check: 'inspect', ok: true, detail: '{"state":"fresh"}' },
      { check: 'messages', ok: true, detail: '19 odd messages answered, 0 of them by a refusal' },
      { check: 'gossip', ok: true, detail: 'began no exchange within 1500 ms' },
      { check: 'state', ok: true, detail: 'a state of 5 bytes is handed over' },
      { check: 'stop', ok: true, detail: 'stops' },
    ]);
  });

  it('may exchange with nobody, and lives with it', async () => {
    const source = moduleSource({
      start: `async start() { try { await this.context.exchange({ id: 'b'.repeat(64), address: '10.0.0.1:1', name: '' }, 1); } catch (error) { this.state = error.reason; } }`,
    });
    expect((await check(source)).failed).toBeUndefined();
  });
});

describe('a module with a flaw that only a bad day shows', () => {
  it.each([
    [
      'forgets the catch of an exchange',
      {
        start: 'start() { this.context.every(50, () => { void this.lonely(); }); }',
        lonely: 'async lonely() { await this.context.exchange(this.context.peers(1)[0], 1); }',
      },
      /^an exchange failed, and no catch handles it: ExchangeError: .*\n.*lonely.*index\.mjs:\d+/,
    ],
    [
      'has a timer that throws',
      { start: 'start() { this.context.after(10, () => { null.x; }); }' },
      /^a timer's task failed: TypeError: .*\n.*index\.mjs:\d+/,
    ],
    [
      'refuses what it sends itself',
      {
        start: 'start() { this.context.after(10, () => this.context.exchange(this.context.peers(1)[0], "hello").catch(() => {})); }',
        receive: 'receive(body) { if (body === "hello") throw new Error("who are you?"); return 0; }',
      },
      /^a second instance refuses the first message of this one: Error: who are you\? \(at index\.mjs:\d+:\d+\)$/m,
    ],
  ])('is warned of: it %s', async (_, members, warning) => {
    const { checks, warnings } = await tryModule(await hosts.module(moduleSource(members)), { hostProgram: hosts.hostProgram });
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(warnings.join('\n')).toMatch(warning);
  });

  it.each([
    [
      'a rejection of its own that nobody handles',
      { start: 'start() { this.context.after(10, () => { void this.lost(); }); }', lost: 'async lost() { throw new Error("lost"); }' },
      /lost.*index\.mjs:\d+/,
    ],
    [
      'a message that it does not survive',
      { receive: 'receive(body) { if (body === -1) setImmediate(() => { throw new Error("minus"); }); return 0; }' },
      /minus/,
    ],
  ])('fails: %s', async (_, members, detail) => {
    const { failed } = await check({ 'index.mjs': moduleSource(members) });
    expect(failed).toMatchObject({ ok: false, detail: expect.stringMatching(detail) });
  });
});

describe('a module that does not', () => {
  it.each([
    ['no module.json', { 'module.json': '' }, [], 'GOSSIP_E_MODULE_JSON', /not JSON/],
    [
      'an unknown field',
      { 'module.json': '{"name":"probe","version":"1","entry":"index.mjs","api":1,"more":1}' },
      [],
      'GOSSIP_E_MODULE_JSON',
      /'more'/,
    ],
    [
      'no entry',
      { 'module.json': '{"name":"probe","version":"1","entry":"other.mjs","api":1}' },
      ['module.json'],
      'GOSSIP_E_MODULE_JSON',
      /names the entry 'other\.mjs', which is not among the files$/,
    ],
    [
      'an entry in other letters, which some systems would find',
      { 'module.json': '{"name":"probe","version":"1","entry":"Index.mjs","api":1}' },
      ['module.json'],
      'GOSSIP_E_MODULE_JSON',
      /'Index\.mjs', which is not among the files; perhaps 'index\.mjs' is meant$/,
    ],
    [
      'an answer that cannot be sent, which is no refusal',
      { 'index.mjs': moduleSource({ receive: 'receive() { return 1n; }' }) },
      ['module.json', 'code', 'load', 'start', 'inspect'],
      'GOSSIP_E_MODULE_ANSWER',
      /^TypeError: receive\(\) answered what is not JSON/,
    ],
    [
      'a throw of what is no error',
      { 'index.mjs': moduleSource({ start: 'start() { throw { code: 5 }; }' }) },
      ['module.json', 'code', 'load'],
      'GOSSIP_E_MODULE_START',
      /^\{ code: 5 \} was thrown, which is no Error/,
    ],
    [
      'an error that hides its cause',
      { 'index.mjs': moduleSource({ start: 'start() { throw new TypeError("fetch failed", { cause: new Error("bad port") }); }' }) },
      ['module.json', 'code', 'load'],
      'GOSSIP_E_MODULE_START',
      /^TypeError: fetch failed \(bad port\) \(at index\.mjs:\d+:\d+\)/,
    ],
    [
      'its own line, where the SDK refuses something for it',
      {
        'index.mjs': moduleSource({ start: 'start() { bad(); }' }, 'import { bad } from "./vendor/gossip/sdk/parse.mjs";'),
        'vendor/gossip/sdk/parse.mjs': 'export function bad() { throw new Error("bad input"); }',
      },
      ['module.json', 'code', 'load'],
      'GOSSIP_E_MODULE_START',
      /^Error: bad input \(at index\.mjs:\d+:\d+\)/,
    ],
    ['a hostile name', { '.hidden': 'x' }, ['module.json'], 'GOSSIP_E_CODE_FILE', /hidden/],
    [
      'a missing dependency (A14)',
      { 'index.mjs': 'import "left-pad"; export default class {}' },
      ['module.json', 'code'],
      'GOSSIP_E_MODULE_LOAD',
      /left-pad.*bundle/,
    ],
    [
      'a start that throws',
      { 'index.mjs': moduleSource({ start: 'start() { console.log("so far so good"); throw new Error("no"); }' }) },
      ['module.json', 'code', 'load'],
      'GOSSIP_E_MODULE_START',
      /no[^]*so far so good/,
    ],
    [
      'a state that it does not accept itself',
      { 'index.mjs': moduleSource({ acceptState: 'acceptState(state) { JSON.parse(state); }' }) },
      ['module.json', 'code', 'load', 'start', 'inspect', 'messages', 'gossip'],
      'GOSSIP_E_MODULE_STATE',
      /SyntaxError/,
    ],
  ])('is told why: %s', async (_, files, passed, code, detail) => {
    const found = await check({ 'index.mjs': moduleSource(), ...files });
    expect(found).toEqual({ passed, failed: expect.objectContaining({ code, detail: expect.stringMatching(detail) }) });
  });

  it.each([
    ['fetch("https://127.0.0.1:7946")', /modules have no network: use context\.exchange/],
    ['new Promise((_, reject) => net.connect(1, "127.0.0.1").on("error", reject))', /modules have no network: use context\.exchange/],
    ['fs.promises.writeFile("/tmp/x", "")', /modules have no files but their own code: state goes through transferState/],
    ['fs.promises.readFile("/tmp")', /modules have no files but their own code/],
    ['cp.spawnSync("ls")', /modules start no processes and no threads: divide long work with context\.after/],
    ['new wt.Worker("1", { eval: true })', /modules start no processes and no threads/],
  ])('is told what to do in place of what is denied: %s', async (attempt, advice) => {
    const imports =
      'import fs from "node:fs"; import net from "node:net"; import cp from "node:child_process"; import wt from "node:worker_threads";';
    const { failed } = await check({ 'index.mjs': moduleSource({ start: `async start() { await ${attempt}; }` }, imports) });
    expect(failed).toMatchObject({ check: 'start', detail: expect.stringMatching(advice) });
    expect(failed?.detail).not.toMatch(/--allow/);
  });

  it('is told of a link, and of a directory that is none', async () => {
    const directory = await hosts.module(moduleSource());
    await symlink('/etc/passwd', join(directory, 'passwd'));
    expect((await checkModule(directory, { hostProgram: hosts.hostProgram })).at(-1)).toMatchObject({
      check: 'code',
      code: 'GOSSIP_E_CODE_FILE',
    });
    await mkdir(join(hosts.dir, 'empty'));
    for (const path of ['empty', 'host.mjs', 'absent']) {
      expect(await checkModule(join(hosts.dir, path))).toMatchObject([{ check: 'module.json', ok: false, code: 'GOSSIP_E_MODULE_JSON' }]);
    }
  });
});
