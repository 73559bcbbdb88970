/** Why a host ended, or could not begin: the true cause, and whose it is (law 9). */
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findIsolation, isolationCandidates } from '../../../src/core/hosting/isolation.ts';
import { ProgramFiles } from '../../../src/core/hosting/program-files.ts';
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
