/** The metrics of a node from their opening to their end: at an address, and in a file. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { lstat, readdir, readFile, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { MetricsFile } from '../../../src/core/metrics/file.ts';
import { Metrics } from '../../../src/core/metrics/metrics.ts';
import type { MetricsWish } from '../../../src/core/metrics/wish.ts';
import { eventually } from '../door/support.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';
import { paperSources } from './paper.ts';

const LOCAL: MetricsWish = { listen: { host: '127.0.0.1', port: 0 } };

async function opened(wish: MetricsWish) {
  let now = 0;
  const warnings: unknown[] = [];
  const errors: unknown[][] = [];
  const log = {
    warn: (...said: unknown[]) => void warnings.push(said),
    info: () => undefined,
    debug: () => undefined,
    error: (...said: unknown[]) => void errors.push(said),
  };
  const metrics = await Metrics.open(wish, { name: 'n1', clock: { forward: () => now, wall: () => 0 }, log: log as never });
  onTestFinished(() => metrics.close());
  return { metrics, warnings, errors, pass: (ms: number) => void (now += ms) };
}

test('there is nothing to tell before the node takes part, and nobody who listens after its end', async () => {
  const { metrics, warnings } = await opened(LOCAL);
  const url = `http://${metrics.place}/metrics`;
  expect((await fetch(url)).status).toBe(503);
  metrics.begin(paperSources());
  expect(await (await fetch(url)).text()).toContain('\ngossip_uptime_seconds 61\n');
  expect(warnings).toEqual([]);
  await metrics.close();
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

test('a node is alive while the pulse of its protocol beats, however seldom somebody looks', async () => {
  const { metrics, pass } = await opened(LOCAL);
  const health = async () => (await fetch(`http://${metrics.place}/healthz`)).status;
  expect(await health()).toBe(503);
  const sources = paperSources();
  const { work } = sources.core.node.view(0);
  metrics.begin(sources);
  expect(await health()).toBe(200);
  pass(60_000);
  expect(await health()).toBe(200);
  pass(1);
  expect(await health()).toBe(503);
  work.lateness.add(0);
  expect(await health()).toBe(200);
  pass(3_600_000);
  work.lateness.add(0);
  expect(await health()).toBe(200);
});

test('the node is looked at once a second at most, however often it is asked', async () => {
  const { metrics, pass } = await opened(LOCAL);
  let looks = 0;
  const sources = paperSources();
  metrics.begin({ ...sources, status: () => ((looks += 1), sources.status()) });
  const scrape = async () => void (await (await fetch(`http://${metrics.place}/metrics`)).text());
  await Promise.all(Array.from({ length: 8 }, scrape));
  expect(looks).toBe(1);
  pass(999);
  await scrape();
  expect(looks).toBe(1);
  pass(1);
  await scrape();
  expect(looks).toBe(2);
});

test('what could not be read is read again for the next who asks', async () => {
  const { metrics } = await opened(LOCAL);
  const sources = paperSources();
  let broken = true;
  metrics.begin({
    ...sources,
    status: () => {
      if (broken) throw new Error('broken');
      return sources.status();
    },
  });
  expect((await fetch(`http://${metrics.place}/metrics`)).status).toBe(500);
  broken = false;
  expect((await fetch(`http://${metrics.place}/metrics`)).status).toBe(200);
});

test('at an address that others reach, the log says that they may read', async () => {
  const { warnings } = await opened({ listen: { host: '0.0.0.0', port: 0 } });
  expect(JSON.stringify(warnings)).toContain('whoever reaches this address can read the metrics');
});

test('a file is there for everybody to read, empty until the node takes part, whole at any time, and gone with the node', async () => {
  const directory = await temporaryDirectory();
  const path = join(directory, 'gossip.prom');
  await writeFile(path, 'gossip_stale 1\n');
  const { metrics } = await opened({ file: path });
  expect(metrics.place).toBe(path);
  expect(await readFile(path, 'utf8')).toBe('');
  metrics.begin(paperSources());
  await eventually(() => readFileSync(path, 'utf8') !== '');
  expect(await readFile(path, 'utf8')).toMatch(/\ngossip_uptime_seconds\{node="n1"\} 61\n/);
  expect((await lstat(path)).mode & 0o777).toBe(0o644);
  await metrics.close();
  expect(await readdir(directory)).toEqual([]);
});

test('a directory that is not there is a coded error, before the node takes part', async () => {
  const path = join(await temporaryDirectory(), 'absent', 'a.prom');
  await expect(opened({ file: path })).rejects.toMatchObject({ code: 'GOSSIP_E_FILE' });
});

test('a file that cannot be written any more is told once, and once when it can', async () => {
  const directory = await temporaryDirectory();
  const path = join(directory, 'a.prom');
  const said: string[] = [];
  const tell = (_: unknown, text?: string) => void said.push(text ?? '');
  let broken = false;
  let writes = 0;
  const text = () => ((writes += 1), broken ? Promise.reject(new Error('broken')) : Promise.resolve(Buffer.from('x 1\n')));
  const file = await MetricsFile.begin({ path, text, log: { warn: tell, info: tell }, periodMs: 1 });
  onTestFinished(() => file.close());
  broken = true;
  const after = (count: number) => {
    const from = writes;
    return eventually(() => writes > from + count);
  };
  await after(3);
  broken = false;
  await after(3);
  expect(said).toEqual(['metrics cannot be written', 'metrics are written again']);
  await file.close();
  const ended = writes;
  await new Promise((resolve) => setImmediate(resolve));
  expect([writes, await readdir(directory)]).toEqual([ended, []]);
});

test('they move to another address, to a file, and to the same port elsewhere, and are gone where they were', async () => {
  const { metrics } = await opened(LOCAL);
  metrics.begin(paperSources());
  const first = `http://${metrics.place}/metrics`;
  await metrics.move({ listen: { host: '127.0.0.2', port: 0 } });
  const second = metrics.place;
  expect(second).toMatch(/^127\.0\.0\.2:/);
  expect((await fetch(`http://${second}/metrics`)).status).toBe(200);
  await expect(fetch(first)).rejects.toThrow('fetch failed');
  const port = Number(second.split(':')[1]);
  await metrics.move({ listen: { host: '127.0.0.2', port } });
  await metrics.move({ listen: { host: '0.0.0.0', port } });
  expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(200);
  const path = join(await temporaryDirectory(), 'gossip.prom');
  await metrics.move({ file: path });
  await eventually(() => readFileSync(path, 'utf8').includes('gossip_uptime_seconds{node="n1"} 61'));
  await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow('fetch failed');
});

test('where they cannot move they stay where they are, which the log says', async () => {
  const { metrics, errors } = await opened(LOCAL);
  metrics.begin(paperSources());
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await metrics.move({ listen: { host: '127.0.0.1', port } });
  await metrics.move({ file: join(await temporaryDirectory(), 'absent', 'a.prom') });
  // Elsewhere on its own port, at an address that this machine has not.
  await metrics.move({ listen: { host: '127.0.0.1', port: Number(metrics.place.split(':')[1]) } });
  await metrics.move({ listen: { host: '192.0.2.1', port: Number(metrics.place.split(':')[1]) } });
  expect((await fetch(`http://${metrics.place}/metrics`)).status).toBe(200);
  expect(errors.map(([fields]) => (fields as { code: string }).code)).toEqual(['GOSSIP_E_PORT', 'GOSSIP_E_FILE', 'GOSSIP_E_PORT']);
});
