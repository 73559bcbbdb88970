/** Settings of V8 and of Node that make the process itself write files, past the permission model (attack D10). */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkModule } from '../../../src/operator/module/checks.ts';
import { findIsolation, isolationCandidates } from '../../../src/core/hosting/sandbox/isolation.ts';
import type { Isolation } from '../../../src/core/hosting/sandbox/isolation.ts';
import { hostCommand } from '../../../src/core/hosting/sandbox/launch.ts';
import { json, moduleSource, OTHER, useHosts } from './support.ts';

const sealed = useHosts();
const unsealed = useHosts(fileURLToPath(new URL('./fixtures/unsealed-host.ts', import.meta.url)));

/** Each writes the file `planted`. */
const WAYS = {
  'a flag of V8': `
    for (const flag of ['--redirect-code-traces', '--redirect-code-traces-to=' + planted, '--print-opt-code', '--allow-natives-syntax']) v8.setFlagsFromString(flag);
    new Function('const f = (a) => a + 1; %PrepareFunctionForOptimization(f); f(1); %OptimizeFunctionOnNextCall(f); f(1);')();`,
  'a report of a fatal error': `
    process.report.directory = path.dirname(planted); process.report.filename = path.basename(planted); process.report.reportOnFatalError = true;
    for (const kept = []; ; ) kept.push(new Array(1000).fill(kept.length + 0.5));`,
} as const;

const source = (way: string, planted: string): string =>
  moduleSource(
    { receive: 'receive() { attack(); return "survived"; }', start: 'start() { if (this.context.deployment === "d0") attack(); }' },
    `import v8 from "node:v8"; import path from "node:path";
    const planted = ${JSON.stringify(planted)};
    function attack() { ${way} }`,
  );

const BARE: Isolation = { level: 'permission-model', prefix: [], endsWithCore: false };
const walled = await findIsolation(isolationCandidates().filter(({ level }) => level === 'own-root'));
if (walled.level !== 'own-root') process.stdout.write('skipped: a root of its own needs user namespaces, which this system lacks\n');

/** The command of a process whose V8 takes flags for as long as it lives. */
const pliant: typeof hostCommand = (request) => {
  const command = hostCommand(request);
  return { ...command, args: command.args.filter((arg) => arg !== '--freeze-flags-after-init') };
};

describe.each(Object.entries(WAYS))('%s', (name, way) => {
  const planted = (dir: string): string => join(dir, `${name.replaceAll(' ', '-')}.txt`);

  it('is denied to a module, which is told why or finds nothing there', async () => {
    const { host } = await sealed.run(await sealed.module(source(way, planted(sealed.dir)), { heapMb: 32 }));
    await expect(host.deliver(OTHER, json(1), 10_000)).rejects.toThrow(/is denied to modules|of undefined/);
    expect(await host.inspect()).toEqual({ state: 'fresh' });
    expect(existsSync(planted(sealed.dir))).toBe(false);
  });

  it('is denied to a module that is only checked', async () => {
    const directory = await sealed.module(source(way, planted(sealed.dir)), { heapMb: 32 });
    const checks = await checkModule(directory, { hostProgram: sealed.hostProgram });
    expect(checks.at(-1)).toMatchObject({ check: 'start', ok: false, detail: expect.stringMatching(/is denied to modules|of undefined/) });
    expect(existsSync(planted(sealed.dir))).toBe(false);
  });

  it.runIf(walled.level === 'own-root')('writes nothing behind the wall, when nothing else stands in the way', async () => {
    const directory = await unsealed.module(source(way, planted(unsealed.dir)), { heapMb: 32 });
    const { host } = await unsealed.run(directory, { command: pliant, isolation: walled });
    await host.deliver(OTHER, json(1), 30_000).catch(() => undefined);
    await host.stop(0);
    expect(existsSync(planted(unsealed.dir))).toBe(false);
  });

  it('writes a file without these defences', async () => {
    const directory = await unsealed.module(source(way, planted(unsealed.dir)), { heapMb: 32 });
    // A process that is out of memory now and then ends before it has written its report.
    for (let tries = 0; tries < 5 && !existsSync(planted(unsealed.dir)); tries += 1) {
      const { host } = await unsealed.run(directory, { command: pliant, isolation: BARE });
      await host.deliver(OTHER, json(1), 30_000).catch(() => undefined);
      await host.stop(0);
    }
    expect(existsSync(planted(unsealed.dir))).toBe(true);
    await rm(planted(unsealed.dir));
  });
});

describe('flags that are frozen', () => {
  it('end the host of a module that found its way to them, and no file is written', async () => {
    const planted = join(unsealed.dir, 'frozen.txt');
    const { host, exits } = await unsealed.run(source(WAYS['a flag of V8'], planted), { isolation: BARE });
    await expect(host.deliver(OTHER, json(1), 30_000)).rejects.toThrow('its process ended');
    expect(exits).toMatchObject([{ code: 'GOSSIP_E_MODULE_CRASH' }]);
    expect(existsSync(planted)).toBe(false);
  });
});
