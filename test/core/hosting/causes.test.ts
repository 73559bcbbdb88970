/** Why a host ended, or could not begin: the true cause, and whose it is (law 9). */
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundleHost } from '../../../scripts/bundle-host.ts';
import { findIsolation, isolationCandidates } from '../../../src/core/hosting/sandbox/isolation.ts';
import type { Isolation } from '../../../src/core/hosting/sandbox/isolation.ts';
import { ProgramFiles } from '../../../src/core/hosting/sandbox/program-files.ts';
import { Restarts } from '../../../src/gossip/restarts.ts';
import { timingOf } from '../../../src/gossip/timing.ts';
import { moduleSource, until, useHosts } from './support.ts';

const hosts = useHosts();

describe('a host that somebody kills', () => {
  it.each(['own-root', 'namespaces', 'permission-model'] as const)("is told as killed at isolation '%s'", async (level) => {
    const isolation = await findIsolation(isolationCandidates().filter((candidate) => candidate.level === level));
    const { host, exits } = await hosts.run(moduleSource(), { isolation });
    process.kill(host.pid as number, 'SIGKILL');
    await until(() => exits.length > 0, 'the end of the host');
    expect(exits).toMatchObject([{ code: 'GOSSIP_E_MODULE_CRASH', message: expect.stringContaining('was ended by SIGKILL') }]);
  });
});

describe('a host of another build', () => {
  const start = async (name: string, program: string | undefined, version = '9.8.7') => {
    const hostProgram = join(hosts.dir, name);
    await (program === undefined ? bundleHost(hostProgram, undefined, version) : writeFile(hostProgram, program));
    return hosts.start(moduleSource(), { hostProgram });
  };
  const says = (bytes: string): string =>
    `import fs from 'node:fs'; const json = Buffer.from(${JSON.stringify(bytes)}); const head = Buffer.alloc(8); head.writeUInt32BE(json.length); fs.writeSync(3, Buffer.concat([head, json])); setTimeout(() => {}, 60_000);`;

  it.each([
    ['later.mjs', undefined, 'version 9.8.7'],
    ['without-a-version.mjs', says('{"type":"ready"}'), 'another version'],
    ['with-more-fields.mjs', says('{"type":"ready","version":"0.1.0","protocol":99,"more":[]}'), '(protocol 99)'],
    ['with-other-words.mjs', says('{"type":"salut"}'), 'greets in a way that this node does not know'],
    ['broken.mjs', 'import "./gone.mjs";', 'ended before it came up (exit code 1)'],
  ])('is no fault of the module: %s', async (name, program, message) => {
    await expect(start(name, program)).rejects.toMatchObject({ code: 'GOSSIP_E_PROGRAM', message: expect.stringContaining(message) });
  });

  it('is told as the program, too, where a tool of the system is gone', async () => {
    const gone: Isolation = { level: 'permission-model', prefix: ['/nowhere/setpriv'], endsWithCore: false };
    await expect(hosts.start(moduleSource(), { isolation: gone })).rejects.toMatchObject({
      code: 'GOSSIP_E_PROGRAM',
      message: expect.stringContaining('/nowhere/setpriv'),
    });
  });
});

describe('the files of the program', () => {
  it('may not be replaced or go under a running core', async () => {
    const path = join(hosts.dir, 'program.mjs');
    await writeFile(path, '1');
    const files = new ProgramFiles([path]);
    files.requireUnchanged();
    await writeFile(`${path}.new`, '1');
    await rename(`${path}.new`, path);
    expect(() => files.requireUnchanged()).toThrow(`was replaced while the node ran: ${path}`);
    await rm(path);
    expect(() => files.requireUnchanged()).toThrow(`is gone while the node ran: ${path}`);
  });

  it('count for no breaker', () => {
    const restarts = new Restarts(timingOf(1_000));
    const fail = (code: 'GOSSIP_E_PROGRAM' | 'GOSSIP_E_MODULE_LOAD'): void => {
      for (let now = 0; now < 20; now++) restarts.failed({ code, message: '' }, now);
    };
    fail('GOSSIP_E_PROGRAM');
    expect(restarts.broken).toBe(false);
    fail('GOSSIP_E_MODULE_LOAD');
    expect(restarts.broken).toBe(true);
  });
});
