/** A node takes the best isolation that really works, and says which. */
import { readFile, writeFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findIsolation, isolationCandidates } from '../../../src/core/hosting/sandbox/isolation.ts';
import type { Isolation } from '../../../src/core/hosting/sandbox/isolation.ts';
import { moduleSource, useHosts } from './support.ts';

const hosts = useHosts();

const tools =
  (...present: string[]) =>
  (tool: string) =>
    present.includes(tool) ? `/usr/bin/${tool}` : undefined;
const shape = ({ level, endsWithCore }: Isolation): string => `${level}${endsWithCore ? ', ends with its core' : ''}`;

/** The best isolation, with a program in front of the wall's script that edits it. */
async function changed(edit: string): Promise<Isolation | undefined> {
  const best = isolationCandidates().find(({ wall }) => wall !== undefined);
  const program = join(hosts.dir, `changes-${edit.length}`);
  const edited = `script=$(printf '%s' "$3" | sed '${edit}')`;
  await writeFile(program, `#!/bin/sh\nshell=$1\n${edited}\nshift 3\nexec "$shell" -c "$script" "$@"\n`, { mode: 0o755 });
  return best && { ...best, prefix: [...best.prefix, program] };
}

describe('the candidates', () => {
  it('go from best to least', () => {
    expect([...new Set(isolationCandidates(tools('unshare', 'setpriv')).map(shape))]).toEqual([
      'own-root, ends with its core',
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

  it('passes over a wall that cannot be built', async () => {
    const best = isolationCandidates().find(({ wall }) => wall !== undefined) ?? broken;
    expect((await findIsolation([{ ...best, wall: { setpriv: '/nowhere/setpriv', proc: 'own' } }])).level).toBe('permission-model');
  });

  it('passes over a wall that leaves a root which can be written', async (context) => {
    const [whole, writable] = [await changed(''), await changed('s/remount,bind,ro/remount,bind,rw/')];
    if (whole === undefined || writable === undefined) return context.skip('a root of its own needs unshare and setpriv');
    if ((await findIsolation([whole])) !== whole) return context.skip('this system lets nobody have a root of its own');
    expect((await findIsolation([writable])).level).toBe('permission-model');
  });

  it('builds no wall among the processes of the core', async () => {
    const outside: Isolation = {
      level: 'own-root',
      prefix: ['/usr/bin/env'],
      wall: { setpriv: '/nowhere/setpriv', proc: 'own' },
      endsWithCore: false,
    };
    const mounts = await readFile('/proc/self/mountinfo', 'utf8');
    expect((await findIsolation([outside])).level).toBe('permission-model');
    expect(await readFile('/proc/self/mountinfo', 'utf8')).toBe(mounts);
  });

  it.each(['own-root', 'namespaces', 'permission-model'] as const)(
    "runs modules at '%s' and watches their memory and processor",
    async (level) => {
      const isolation = await findIsolation(isolationCandidates().filter((candidate) => candidate.level === level));
      const { host } = await hosts.run(moduleSource({ inspect: 'inspect() { return process.pid; }' }), { isolation });
      expect(await host.inspect()).toBe(isolation.level === 'permission-model' ? host.pid : 1);
      while (host.residentBytes === undefined || host.processor === undefined) await host.inspect();
      expect(host.residentBytes).toBeGreaterThan(20 * 1024 * 1024);
      expect(host.processor).toBeGreaterThan(0);
      // Where the memory of the system ends, its kernel ends a host, never the core.
      expect(Number(await readFile(`/proc/${host.pid}/oom_score_adj`, 'utf8'))).toBe(1_000);
      // It is nicer, too: where there is too little processor, its core goes first.
      expect(getPriority(host.pid)).toBe(Math.min(19, getPriority() + 5));
    },
  );
});
