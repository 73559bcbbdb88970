/** A host that waits for the next start: taken when it does, replaced when it does not, and gone when nobody needs it. */
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isCrowded } from '../../../src/core/hosting/cpu-pressure.ts';
import { SpareHost } from '../../../src/core/hosting/spare-host.ts';
import { json, moduleSource, OTHER, parsed, until, useHosts } from './support.ts';
import type { Recorded } from './support.ts';

const hosts = useHosts();
/** Tells its process, where its code lies, and what it may read. */
const TELLING = moduleSource(
  {
    receive: `receive(path) {
    const read = (of) => { try { return require("node:fs").readFileSync(of, "utf8").length > 0; } catch ({ code }) { return code; } };
    return { pid: process.pid, own: read(import.meta.filename), other: read(path) };
  }`,
  },
  `import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);`,
);

let count = 0;

function spareHost({ strain = (): number => 1, quietMs = 10, crowded = async (): Promise<boolean> => false } = {}): {
  spare: SpareHost;
  directory: string;
} {
  const directory = join(hosts.dir, `spare-${count++}`);
  const spare = new SpareHost({ directory, strain, crowded, quietMs: { min: quietMs, max: quietMs } });
  onTestFinished(() => spare.end());
  return { spare, directory };
}

async function waits(spare: SpareHost): Promise<void> {
  await until(() => spare.residentBytes !== null, 'a spare host');
}

async function ask({ host }: Recorded, path = '/'): Promise<{ pid: number; own: unknown; other: unknown }> {
  return parsed(await host.deliver(OTHER, json(path), 5_000)) as { pid: number; own: unknown; other: unknown };
}

/** Those whose command line names the directory. */
async function processesOf(directory: string): Promise<number[]> {
  const found = (await readdir('/proc'))
    .filter((name) => /^\d+$/.test(name))
    .map(async (pid) => {
      const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return words.includes(`${directory}/`) ? [Number(pid)] : [];
    });
  return (await Promise.all(found)).flat();
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []);
}

test('an update takes the process that waits, and a new one is begun', async () => {
  const { spare, directory } = spareHost();
  await hosts.run(TELLING, { spareHost: spare });
  await waits(spare);
  expect(await namesIn(directory)).toEqual(['1']);
  expect(await namesIn(join(directory, '1'))).toEqual([]);
  const code = await hosts.module({ 'index.mjs': TELLING, 'deep/er/data.txt': 'x' });
  const second = await hosts.run(code, { spareHost: spare });
  expect(await namesIn(join(directory, '1'))).toEqual(expect.arrayContaining(['index.mjs', 'module.json', 'deep']));
  expect((await ask(second)).own).toBe(true);
  await waits(spare);
  expect(await namesIn(directory)).toEqual(expect.arrayContaining(['1', '2']));
  await second.host.stop(0);
  await spare.end();
  await until(() => spare.residentBytes === null, 'the end of the spare host');
  await expect.poll(() => namesIn(directory), { timeout: 10_000 }).toEqual([]);
});

test('what runs in it is held like everything: it reads its own code and nothing else', async () => {
  const { spare } = spareHost();
  await hosts.run(TELLING, { spareHost: spare });
  await waits(spare);
  const code = await hosts.module({ 'index.mjs': TELLING });
  const { own, other } = await ask(await hosts.run(code, { spareHost: spare }), join(code, 'module.json'));
  expect(own).toBe(true);
  expect(other).toBe('ERR_ACCESS_DENIED');
  expect(await readFile(join(code, 'module.json'), 'utf8')).not.toBe('');
});

test('a start that is given up while it takes the host leaves no process', async () => {
  const { spare, directory } = spareHost();
  await hosts.run(TELLING, { spareHost: spare });
  await waits(spare);
  const giveUp = new AbortController();
  const take = spare.take.bind(spare);
  const givenUp = { take: (...given: Parameters<typeof take>) => take(...given).finally(() => giveUp.abort()) } as unknown as SpareHost;
  const started = hosts.run(TELLING, { spareHost: givenUp, signal: giveUp.signal });
  await expect(started).rejects.toThrow(expect.objectContaining({ code: 'GOSSIP_E_MODULE_ABSENT' }));
  await expect.poll(() => namesIn(join(directory, '1')), { timeout: 10_000 }).toEqual([]);
});

test('code that is not what was signed does not run in it either', async () => {
  const { spare, directory } = spareHost();
  await hosts.run(TELLING, { spareHost: spare });
  await waits(spare);
  const refused = hosts.run(TELLING, { spareHost: spare, expected: `sha256:${'0'.repeat(64)}` as never });
  await expect(refused).rejects.toThrow(expect.objectContaining({ code: 'GOSSIP_E_CODE_MISMATCH' }));
  await expect.poll(() => namesIn(join(directory, '1')), { timeout: 10_000 }).toEqual([]);
});

describe('an update starts a process of its own', () => {
  test('when the one that waits has other limits; the next has these', async () => {
    const { spare, directory } = spareHost();
    await hosts.run(TELLING, { spareHost: spare });
    await waits(spare);
    const larger = await hosts.module(TELLING, { heapMb: 100 });
    await hosts.run(larger, { spareHost: spare });
    await expect.poll(() => namesIn(directory), { timeout: 10_000 }).toEqual(['2']);
    await waits(spare);
    await hosts.run(larger, { spareHost: spare });
    expect(await namesIn(join(directory, '2'))).toContain('module.json');
  });

  test('when the one that waited was killed', async () => {
    const { spare, directory } = spareHost();
    await hosts.run(TELLING, { spareHost: spare });
    await waits(spare);
    const processes = await processesOf(directory);
    expect(processes.length).toBeGreaterThan(0);
    for (const pid of processes) process.kill(pid, 'SIGKILL');
    await expect.poll(() => processesOf(directory), { timeout: 10_000 }).toEqual([]);
    expect((await ask(await hosts.run(TELLING, { spareHost: spare }))).own).toBe(true);
  });

  test('when the one that waited is killed while it gets the code', async () => {
    const { spare, directory } = spareHost();
    await hosts.run(TELLING, { spareHost: spare });
    await waits(spare);
    const many = Object.fromEntries(Array.from({ length: 1_500 }, (_, index) => [`data/${index}.txt`, 'x']));
    const code = await hosts.module({ 'index.mjs': TELLING, ...many });
    const processes = await processesOf(directory);
    const started = hosts.run(code, { spareHost: spare });
    await until(() => existsSync(join(directory, '1', 'data')), 'the first files');
    for (const pid of processes) process.kill(pid, 'SIGKILL');
    expect((await ask(await started)).own).toBe(true);
  });

  test('when the one that waited is killed after it was taken, and its directory goes before its code is loaded', async () => {
    const { spare, directory } = spareHost();
    await hosts.run(TELLING, { spareHost: spare });
    await waits(spare);
    const many = Object.fromEntries(Array.from({ length: 1_500 }, (_, index) => [`data/${index}.txt`, 'x']));
    const code = await hosts.module({ 'index.mjs': TELLING, ...many });
    const processes = await processesOf(directory);
    const take = spare.take.bind(spare);
    let housing: Awaited<ReturnType<typeof take>> = null;
    const losing = {
      take: async (...given: Parameters<typeof take>) => {
        housing = await take(...given);
        setImmediate(() => processes.forEach((pid) => process.kill(pid, 'SIGKILL')));
        return housing;
      },
    } as unknown as SpareHost;
    expect((await ask(await hosts.run(code, { spareHost: losing }))).own).toBe(true);
    expect(housing).toMatchObject({ directory: join(directory, '1') });
  });

  test('when nothing waits any more', async () => {
    const { spare, directory } = spareHost();
    await hosts.run(TELLING, { spareHost: spare });
    await waits(spare);
    await spare.end();
    expect(spare.residentBytes).toBeNull();
    expect((await ask(await hosts.run(TELLING, { spareHost: spare }))).own).toBe(true);
    expect(await namesIn(directory)).toEqual([]);
  });

  test('when its directory is gone', async () => {
    const { spare, directory } = spareHost();
    await hosts.run(TELLING, { spareHost: spare });
    await waits(spare);
    await rm(directory, { recursive: true });
    expect((await ask(await hosts.run(TELLING, { spareHost: spare }))).own).toBe(true);
  });
});

test('a strained node begins none', async () => {
  let strain = 4;
  let looks = 0;
  const { spare, directory } = spareHost({ strain: () => (looks++, strain) });
  await hosts.run(TELLING, { spareHost: spare });
  await until(() => looks > 3, 'some looks at the strain');
  await expect(stat(directory)).rejects.toThrow('ENOENT');
  strain = 1;
  await waits(spare);
});

test('a crowded machine begins one later, but not never', async () => {
  let asked = 0;
  const { spare } = spareHost({ crowded: async () => (asked += 1) > 0 });
  await hosts.run(TELLING, { spareHost: spare });
  await waits(spare);
  expect(asked).toBe(5);
});

test('a machine is crowded where tasks wait for a processor in much of the time, and not where the system does not tell', async () => {
  const file = join(hosts.dir, 'pressure');
  const told = async (avg10: string): Promise<boolean> => {
    await writeFile(file, `some avg10=${avg10} avg60=1.00 avg300=99.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n`);
    return isCrowded(file);
  };
  expect([await told('0.00'), await told('40.00'), await told('97.31'), await isCrowded(join(hosts.dir, 'none'))]).toEqual([
    false,
    false,
    true,
    false,
  ]);
});
