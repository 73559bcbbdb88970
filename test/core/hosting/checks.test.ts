/** `checkModule` finds before a deployment what nodes would find after it. */
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkModule } from '../../../src/core/hosting/checks.ts';
import { moduleSource, useHosts } from './support.ts';

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
      ['module.json', 'code'],
      'GOSSIP_E_MODULE_LOAD',
      /other\.mjs/,
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
      ['module.json', 'code', 'load', 'start', 'inspect'],
      'GOSSIP_E_MODULE_STATE',
      /SyntaxError/,
    ],
  ])('is told why: %s', async (_, files, passed, code, detail) => {
    const found = await check({ 'index.mjs': moduleSource(), ...files });
    expect(found).toEqual({ passed, failed: expect.objectContaining({ code, detail: expect.stringMatching(detail) }) });
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
