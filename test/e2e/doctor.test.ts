/** `gossip doctor` names each fault that is planted, and nothing where there is none. It changes nothing. */
import { chmod, copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import type { Finding } from '../../src/operator/doctor/finding.ts';
import { splitAddress } from '../../src/model/address.ts';
import { launch, withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { writeModule } from '../support/modules.ts';

const LAB = { nodes: 3, rendezvous: 2, intervalMs: 200 };

interface Told {
  readonly code: number | null;
  readonly problems: readonly string[];
  readonly findings: readonly Finding[];
}

async function doctor(home: string, ...args: readonly string[]): Promise<Told> {
  const { code, stdout } = await launch(['doctor', '--json', ...args], { home }).ended;
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  const problems = findings.filter(({ level }) => level === 'problem').map((found) => `${found.about} ${found.code ?? ''}`.trim());
  for (const { level, remedy } of findings) expect(remedy === null).toBe(level === 'ok');
  return { code, problems, findings };
}

test('where no cluster is set up it says so, and still looks at the machine', async () => {
  await withDirectory(async (home) => {
    const { code, problems, findings } = await doctor(home);
    expect([code, problems]).toEqual([1, ['home GOSSIP_E_NO_CLUSTER']]);
    expect(findings.some(({ about }) => about === 'isolation')).toBe(true);
  });
});

test('planted faults of the home, of nodes and of a data directory are named, each with what to do', async () => {
  await withDirectory((directory) =>
    withLab(LAB, async (lab) => {
      expect(await doctor(lab.home)).toMatchObject({ code: 0, problems: [] });
      await ofTheKey(lab, directory);
      await ofNodes(lab, directory);
      await ofData(lab, directory);
      await ofTheReport(lab, directory);
      expect(await doctor(lab.home)).toMatchObject({ code: 0, problems: [] });
    }),
  );
}, 600_000);

async function ofTheKey(lab: TestLab, directory: string): Promise<void> {
  const key = join(lab.directory, 'operator', 'operator.key');
  const kept = join(directory, 'kept.key');
  await copyFile(key, kept);
  const plant: readonly (readonly [string, () => Promise<unknown>, readonly string[]])[] = [
    ['others may read it', () => chmod(key, 0o644), ['key']],
    ['it is damaged', () => writeFile(key, 'no key'), ['key GOSSIP_E_KEY']],
    [
      'it is another one',
      async () => {
        await lab.run('key', 'new', join(directory, 'other.key'));
        await copyFile(join(directory, 'other.key'), key);
      },
      ['key GOSSIP_E_SIGNATURE'],
    ],
  ];
  for (const [what, act, problems] of plant) {
    await act();
    expect([what, (await doctor(lab.home)).problems]).toEqual([what, problems]);
    await copyFile(kept, key);
    await chmod(key, 0o600);
  }
  await rm(key);
  const without = await doctor(lab.home);
  expect(without).toMatchObject({ code: 0, problems: [] });
  expect(without.findings).toContainEqual(expect.objectContaining({ about: 'key', level: 'warning', code: 'GOSSIP_E_KEY' }));
  await rename(kept, key);
}

async function ofNodes(lab: TestLab, directory: string): Promise<void> {
  const { address } = lab.node('rendezvous2');
  await lab.kill('rendezvous2');
  expect((await doctor(lab.home)).problems).toEqual(['rendezvous2 GOSSIP_E_UNREACHABLE']);

  // Something else has its port by now.
  const { host, port } = splitAddress(address);
  const sockets = new Set<Socket>();
  const other = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.end('SSH-2.0-other\r\n');
  });
  // Nodes call there, too, and whoever is slow to close its side is not waited for.
  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => void other.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  onTestFinished(() => void other.close());
  await new Promise<void>((resolve) => void other.listen(Number(port), host, resolve));
  const foreign = await doctor(lab.home);
  expect(foreign.problems).toEqual(['rendezvous2 GOSSIP_E_UNREACHABLE']);
  expect(foreign.findings.find(({ about }) => about === 'rendezvous2')?.message).toMatch(/not TLS|no TLS|TLS/);
  await stop();
  await lab.start('rendezvous2');

  const broken = await writeModule(directory, { name: 'broken', version: '1.0.0', source: 'throw new Error("no");' });
  await lab.run('deploy', broken, '--no-check', '--wait');
  const held = await doctor(lab.home);
  expect(held.code).toBe(1);
  expect(new Set(held.problems.map((told) => told.split(' ')[0]))).toEqual(new Set(['rendezvous1', 'rendezvous2', 'node1']));
  await lab.ask('remove', 'broken', '--wait');
}

/** What is planted as a secret is not in it; what it is for is. */
async function ofTheReport(lab: TestLab, directory: string): Promise<void> {
  const source = `export default class {
    constructor(context) { this.context = context; }
    start() { this.context.log('connecting with password=hunter2', { token: 'hunter3' }, 'warn'); }
    receive() { return null; }
    transferState() { return ''; }
    acceptState() {}
  }`;
  const code = await writeModule(directory, { name: 'talker', version: '1.0.0', source });
  await lab.ask('deploy', code, '--settings', '{"dsn": "hunter4"}', '--wait');
  const { token } = await lab.ask<{ token: string }>('cluster', 'join-token');
  const file = join(directory, 'report.json.gz');
  expect(await lab.ask('report', file, '--data', lab.node('node1').directory)).toMatchObject({ file });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const text = gunzipSync(await readFile(file)).toString();
  const report = JSON.parse(text) as {
    cluster: { nodes: object[]; history: object[] };
    findings: object[];
    logs: { warnings: { text: string }[] };
  };
  expect(report.cluster.nodes).toHaveLength(LAB.nodes);
  expect(report.cluster.history[0]).toMatchObject({ module: 'talker', settings: { dsn: '(removed): string' } });
  expect(report.logs.warnings.some(({ text: line }) => line.startsWith('connecting with password=(removed)'))).toBe(true);
  expect(report.findings).toContainEqual(expect.objectContaining({ about: 'disk' }));
  const key = await readFile(join(lab.directory, 'operator', 'operator.key'), 'utf8');
  for (const secret of ['hunter', token, key.split('\n')[1] ?? '', 'PRIVATE KEY'])
    expect([secret, text.includes(secret)]).toEqual([secret, false]);
  await lab.ask('remove', 'talker', '--wait');
}

async function ofData(lab: TestLab, directory: string): Promise<void> {
  const { directory: data } = lab.node('node1');
  const well = await doctor(lab.home, '--data', data);
  expect(well).toMatchObject({ code: 0, problems: [] });
  expect(well.findings).toContainEqual(
    expect.objectContaining({ about: 'data', level: 'ok', message: expect.stringContaining('a node runs with') }),
  );

  expect((await doctor(lab.home, '--data', join(directory, 'nowhere'))).problems).toEqual(['data GOSSIP_E_FILE']);
  const empty = join(directory, 'empty');
  await mkdir(empty, { mode: 0o700 });
  expect((await doctor(lab.home, '--data', empty)).problems).toEqual(['data GOSSIP_E_NO_CLUSTER']);

  await lab.kill('node1');
  const stopped = await doctor(lab.home, '--data', data);
  expect(stopped.findings).toContainEqual(
    expect.objectContaining({ about: 'data', level: 'warning', message: `no node runs with ${data}` }),
  );
  expect(stopped.problems).toEqual(['node1 GOSSIP_E_UNREACHABLE']);
  const file = join(data, 'cluster.json');
  const before = await readFile(file);
  await writeFile(file, before.subarray(0, before.length / 2));
  expect((await doctor(lab.home, '--data', data)).problems).toContain('data GOSSIP_E_DATA_CORRUPT');
  // Nothing was set aside: that is for the node to do.
  expect(await readFile(file)).toEqual(before.subarray(0, before.length / 2));
  await writeFile(file, before);
  await lab.start('node1');
}
