/** A node takes the best isolation that really works, and says which. */
import { describe, expect, it } from 'vitest';
import { findIsolation, isolationCandidates } from '../../../src/core/hosting/isolation.ts';
import type { Isolation } from '../../../src/core/hosting/isolation.ts';
import { moduleSource, useHosts } from './support.ts';

const hosts = useHosts();

const tools =
  (...present: string[]) =>
  (tool: string) =>
    present.includes(tool) ? `/usr/bin/${tool}` : undefined;
const shape = ({ level, endsWithCore }: Isolation): string => `${level}${endsWithCore ? ', ends with its core' : ''}`;

describe('the candidates', () => {
  it('go from best to least', () => {
    expect([...new Set(isolationCandidates(tools('unshare', 'setpriv')).map(shape))]).toEqual([
      'namespaces, ends with its core',
      'namespaces',
      'permission-model, ends with its core',
      'permission-model',
    ]);
  });

  it('are only the permission model where the system has no tools', () => {
    expect(isolationCandidates(tools())).toEqual([{ level: 'permission-model', prefix: [], endsWithCore: false }]);
  });
});

describe('the choice', () => {
  const broken: Isolation = { level: 'namespaces', prefix: ['/usr/bin/unshare', '--no-such-flag'], endsWithCore: false };
  const absent: Isolation = { level: 'namespaces', prefix: ['/nowhere/unshare'], endsWithCore: false };

  it('passes over what does not work', async () => {
    const plain: Isolation = { level: 'permission-model', prefix: [], endsWithCore: false };
    expect(await findIsolation([broken, absent, plain])).toBe(plain);
    expect(await findIsolation([broken])).toEqual(plain);
  });

  it.each(['namespaces', 'permission-model'] as const)("runs modules at '%s' and watches their memory", async (level) => {
    const isolation = await findIsolation(isolationCandidates().filter((candidate) => candidate.level === level));
    const { host } = await hosts.run(moduleSource({ inspect: 'inspect() { return process.pid; }' }), { isolation });
    expect(await host.inspect()).toBe(isolation.level === 'namespaces' ? 1 : host.pid);
    while (host.residentBytes === undefined) await host.inspect();
    expect(host.residentBytes).toBeGreaterThan(20 * 1024 * 1024);
  });
});
