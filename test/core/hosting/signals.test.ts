/** A module that sends signals, or opens its core's inspector, reaches nobody (attacks D1, D2). */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { jailWorks, runCore } from './core-process.ts';
import { moduleSource, useHosts } from './support.ts';

const sealed = useHosts();
const unsealed = useHosts(fileURLToPath(new URL('./fixtures/unsealed-host.ts', import.meta.url)));

const attack = (statements: string): string =>
  moduleSource(
    {
      start: `start() { const attempt = (f) => { try { f(); console.log("sent"); } catch (error) { console.log(error.code); } }; ${statements} }`,
    },
    [
      'import nodeProcess, { kill } from "node:process"; import os, { setPriority } from "node:os"; import { createRequire } from "node:module";',
      'const required = createRequire(import.meta.url)("process");',
    ].join('\n'),
  );

const parent = `attempt(() => process.kill(process.ppid, "SIG"));`;
const everyWay = `
  attempt(() => kill(process.ppid, "SIGKILL")); attempt(() => required.kill(process.ppid, "SIGKILL")); attempt(() => nodeProcess.kill(process.ppid, "SIGKILL"));
  attempt(() => process._kill(process.ppid, 9)); attempt(() => process.getBuiltinModule("process").kill(process.ppid, "SIGKILL"));
  attempt(() => Object.getPrototypeOf(process).kill.call(process, process.ppid, 9));
  attempt(() => { delete process.kill; process.kill = kill; process.kill(process.ppid, "SIGKILL"); });
  attempt(() => setPriority(process.ppid, 19)); attempt(() => os.setPriority(process.ppid, 19));`;

const targets = [
  ['SIGKILL to its parent', parent.replace('SIG', 'SIGKILL')],
  ['SIGSTOP to its parent', parent.replace('SIG', 'SIGSTOP')],
  ['SIGKILL to its group', 'attempt(() => process.kill(0, "SIGKILL"));'],
  ['SIGSTOP to its group', 'attempt(() => process.kill(0, "SIGSTOP"));'],
  ['SIGKILL to everybody', 'attempt(() => process.kill(-1, "SIGKILL"));'],
  ['SIGKILL in every way there is', everyWay],
] as const;

describe.runIf(jailWorks)('a signal', () => {
  for (const level of ['own-root', 'namespaces', 'permission-model'] as const) {
    it(`is denied to a module at isolation '${level}', whatever its target`, async () => {
      const statements = targets.map(([, each]) => each).join('\n');
      const run = await runCore({ directory: await sealed.module(attack(statements)), hostProgram: sealed.hostProgram, level });
      expect(run).toMatchObject({ exitCode: 0, lines: expect.arrayContaining([expect.objectContaining({ level }), { alive: true }]) });
      expect(run.lines).not.toContainEqual({ log: 'sent' });
    });
  }

  it.each(targets)('is kept in by namespaces alone, when the process is not sealed: %s', async (_, statements) => {
    const run = await runCore({
      directory: await unsealed.module(attack(statements)),
      hostProgram: unsealed.hostProgram,
      level: 'namespaces',
    });
    expect(run).toMatchObject({ exitCode: 0, lines: expect.arrayContaining([{ alive: true }]) });
  });

  it.each([targets[0], targets[4], targets[5]])('ends the core without either defence: %s', async (_, statements) => {
    const run = await runCore({
      directory: await unsealed.module(attack(statements)),
      hostProgram: unsealed.hostProgram,
      level: 'permission-model',
    });
    expect(run.exitCode).toBe(128 + 9);
    expect(run.lines).not.toContainEqual({ alive: true });
  });
});

describe.runIf(jailWorks)('SIGUSR1', () => {
  const debug = attack('attempt(() => process._debugProcess(process.ppid));');

  it.each(['own-root', 'namespaces', 'permission-model'] as const)("opens no inspector in the core at isolation '%s'", async (level) => {
    const run = await runCore({ directory: await sealed.module(debug), hostProgram: sealed.hostProgram, level });
    // The core of a busy machine may end before its inspector would have opened.
    expect(run.lines).not.toContainEqual({ log: 'sent' });
    expect(run.stderr).not.toContain('Debugger listening');
    expect(run.exitCode).toBe(0);
  });

  it('opens one without any defence', async () => {
    const run = await runCore({
      directory: await unsealed.module(debug),
      hostProgram: unsealed.hostProgram,
      level: 'permission-model',
      untilInspected: true,
    });
    expect(run.stderr).toContain('Debugger listening');
  });
});

describe.runIf(jailWorks)('the crash of a core', () => {
  const hung = moduleSource({ start: 'start() { console.log("it hangs"); for (;;); }' });

  it.each(['own-root', 'namespaces', 'permission-model'] as const)(
    "ends its hosts, also one that hangs, at isolation '%s'",
    async (level) => {
      const run = await runCore({ directory: await sealed.module(hung), hostProgram: sealed.hostProgram, level, crash: true });
      expect(run.exitCode).toBe(128 + 9);
      expect(run.lines).toContainEqual({ hostsLeft: 0 });
    },
  );
});

describe.runIf(jailWorks)('a core that is process 1', () => {
  it.each(['own-root', 'namespaces', 'permission-model'] as const)(
    "leaves no zombie of hosts that were ended by force, at isolation '%s'",
    async (level) => {
      const directory = await sealed.module(moduleSource());
      const run = await runCore({ directory, hostProgram: sealed.hostProgram, level, endings: 8 }, { first: true });
      expect(run.lines).toContainEqual({ zombies: [] });
    },
  );
});
