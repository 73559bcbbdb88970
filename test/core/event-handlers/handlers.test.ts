/** Programs that are started for events: real processes, from the event to their end. */
import { readFile, rm } from 'node:fs/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { parseHandler } from '../../../src/core/event-handlers/wish.ts';
import { areGone, Bench, SELF } from './support.ts';

const PATIENCE = { timeout: 60_000, interval: 20 };
const until = (holds: () => unknown): Promise<unknown> => vi.waitFor(holds, PATIENCE);
const DEPLOYED = {
  event: 'module-state',
  module: 'registry',
  deployment: 'd1',
  state: 'running',
  why: null,
} as unknown as Parameters<Bench['handlers']['noted']>[0];

test('a program reads the event from its standard input, and finds its name, the node and the door in its environment', async () => {
  const bench = await Bench.of({
    'registry:app/': 'cat >>"$OUT"; env | grep ^GOSSIP_ | sort >"$OUT.env"; echo "$# arguments" >"$OUT.arguments"',
  });
  bench.begin().publish({ event: 'set', key: 'app/a"; touch /tmp/x; "', value: '$(id)' }, 'app/a');
  await until(async () => expect(bench.messages('handler ended')).toHaveLength(1));
  const { time, ...document } = (await bench.documents())[0] as unknown as Record<string, unknown>;
  expect(document).toEqual({
    event: 'registry',
    node: { id: SELF.id, name: 'node1' },
    module: 'registry',
    topic: 'app/a',
    lost: 0,
    data: { event: 'set', key: 'app/a"; touch /tmp/x; "', value: '$(id)' },
  });
  expect(new Date(time as string).toISOString()).toBe(time);
  const read = (name: string) => readFile(`${bench.out}.${name}`, 'utf8');
  expect(await read('env')).toBe(`GOSSIP_APP_SOCKET=/run/app.sock\nGOSSIP_EVENT=registry\nGOSSIP_NODE=node1\nGOSSIP_NODE_ID=${SELF.id}\n`);
  expect(await read('arguments')).toBe('0 arguments\n');
});

test('what the node has in its environment stays there, but for what programs need', async () => {
  vi.stubEnv('GOSSIP_PASSPHRASE', 'secret');
  vi.stubEnv('CLOUD_SECRET_KEY', 'secret');
  vi.stubEnv('LC_ALL', 'C.UTF-8');
  try {
    const bench = await Bench.of({ registry: 'env >"$OUT.new"; mv "$OUT.new" "$OUT"' });
    bench.begin().publish(1);
    await until(async () => expect(await bench.written()).toContain('LC_ALL=C.UTF-8'));
    expect(await bench.written()).not.toContain('secret');
    expect(await bench.written()).toContain('PATH=');
  } finally {
    vi.unstubAllEnvs();
  }
});

test('each handler gets what it asked for, once, and nothing else', async () => {
  const bench = await Bench.of({
    'join,fail': 'echo "$GOSSIP_EVENT" >>"$OUT.members"',
    'join,membership': 'echo "$GOSSIP_EVENT" >>"$OUT.both"',
    module: 'echo "$GOSSIP_EVENT" >>"$OUT.own"',
    'module:': 'echo "$GOSSIP_EVENT" >>"$OUT.named"',
    registry: 'cat >/dev/null',
  });
  bench.begin();
  const member = { id: 'b', name: 'node2' };
  for (const event of ['join', 'suspect', 'alive', 'fail', 'leave']) bench.publish({ event, member }, 'node2', 'membership');
  bench.publish({ event: 'join' }, '', 'other');
  bench.publish({ event: 'named' }, '', 'module');
  bench.handlers.noted(DEPLOYED);
  const runs = (): number[] => bench.handlers.status().map((status) => status.runs);
  await until(() => expect(bench.handlers.status().every(({ running, waiting }) => !running && waiting === 0)).toBe(true));
  await until(() => expect(runs()).toEqual([2, 5, 1, 1, 0]));
  expect(await readFile(`${bench.out}.members`, 'utf8')).toBe('join\nfail\n');
  expect(await readFile(`${bench.out}.both`, 'utf8')).toBe('join\nmembership\nmembership\nmembership\nmembership\n');
  expect(await readFile(`${bench.out}.own`, 'utf8')).toBe('module\n');
  expect(await readFile(`${bench.out}.named`, 'utf8')).toBe('module\n');
});

test('what a host says that is no JSON starts nothing', async () => {
  const bench = await Bench.of({ registry: 'cat >>"$OUT"' });
  bench.begin().handlers.publish('registry' as never, { topic: '', text: '{"a":\n' });
  bench.publish(2);
  await until(async () => expect(await bench.documents()).toMatchObject([{ data: 2 }]));
});

describe('bounds', () => {
  test('events of a handler come one after the other and in order; what does not fit is lost, counted and told to the next run', async () => {
    const bench = await Bench.of({ registry: 'cat >>"$OUT"' }, { waiting: 4 });
    for (let number = 0; number < 10; number += 1) bench.publish(number);
    expect(bench.handlers.status()).toMatchObject([{ running: false, waiting: 4, runs: 0, lost: 6 }]);
    bench.begin();
    await until(() => expect(bench.messages('handler ended')).toHaveLength(4));
    expect((await bench.documents()).map(({ data, lost }) => [data, lost])).toEqual([
      [6, 6],
      [7, 0],
      [8, 0],
      [9, 0],
    ]);
    expect(bench.messages('events are lost')).toMatchObject([{ level: 'warn', lost: 6 }]);
    expect(bench.handlers.status()).toMatchObject([{ waiting: 0, runs: 4, failed: 0, lost: 6 }]);
  });

  test('large events are bounded by their bytes', async () => {
    const bench = await Bench.of({ registry: 'cat >/dev/null' }, { waitingBytes: 100 });
    for (const letter of ['a', 'b', 'c']) bench.publish(letter.repeat(60));
    expect(bench.handlers.status()).toMatchObject([{ waiting: 1, lost: 2 }]);
  });

  test('so many programs run at once, and those that wait come in turn', async () => {
    const script = 'echo + >>"$OUT"; while [ ! -e "$OUT.go" ]; do sleep 0.05; done; echo - >>"$OUT"';
    const bench = await Bench.of({ registry: script, 'registry:': script, 'registry:a': script }, { atOnce: 2 });
    bench.begin().publish(1, 'a');
    await until(async () => expect(await bench.written()).toBe('+\n+\n'));
    expect(bench.handlers.status().map(({ running, waiting }) => [running, waiting])).toEqual([
      [true, 0],
      [true, 0],
      [false, 1],
    ]);
    await bench.write('out.go', '');
    await until(() => expect(bench.messages('handler ended')).toHaveLength(3));
    expect(bench.handlers.status().map(({ runs }) => runs)).toEqual([1, 1, 1]);
  });

  test('one that takes too long is asked to end, then ended by force, with all that it started', async () => {
    const script = `trap '' TERM; sleep 600 & echo $! $$ >"$OUT"; trap 'echo asked >>"$OUT.asked"' TERM; while :; do sleep 0.1; done`;
    const bench = await Bench.of({ registry: script }, { deadlineMs: 5_000, endingMs: 500 });
    bench.begin().publish(1);
    await until(() => expect(bench.messages('handler ended: it took more than')).toHaveLength(1));
    expect(bench.messages('handler ended: it took')[0]).toMatchObject({
      level: 'warn',
      exitCode: null,
      signal: 'SIGKILL',
      event: 'registry',
    });
    expect(await readFile(`${bench.out}.asked`, 'utf8')).toContain('asked');
    const pids = (await bench.written()).trim().split(' ').map(Number);
    expect(pids).toHaveLength(2);
    await until(() => expect(areGone(pids)).toBe(true));
  });

  test('what a program leaves behind in its group ends with it; whoever left the group holds nothing up', async () => {
    const bench = await Bench.of({
      registry: `sleep 600 & echo $! >"$OUT"; setsid sh -c 'echo $$ >"$1.new"; mv "$1.new" "$1"; exec sleep 600' sh "$OUT.left" & while [ ! -e "$OUT.left" ]; do sleep 0.05; done; exit 3`,
    });
    onTestFinished(async () => void process.kill(Number(await readFile(`${bench.out}.left`, 'utf8')), 'SIGKILL'));
    bench.begin().publish(1);
    await until(() => expect(bench.messages('handler failed')).toMatchObject([{ exitCode: 3, signal: null }]));
    await until(async () => expect(areGone([Number(await bench.written())])).toBe(true));
    expect(bench.handlers.status()).toMatchObject([{ runs: 1, failed: 1, running: false }]);
  });

  test('what it prints stands in the log, in bounded lines that cannot hurt', async () => {
    const script = `printf 'a\\033[2Jb\\n'; printf '%9000s\\n' x >&2; i=0; while [ $i -lt 500 ]; do echo $i; i=$((i+1)); done`;
    const bench = await Bench.of({ registry: script }, { linesPerSecond: 20, deadlineMs: 60_000 });
    bench.begin().publish(1);
    await until(() => expect(bench.messages('handler ended')).toHaveLength(1));
    const lines = bench.messages('handler log').map(({ line }) => String(line));
    expect(lines[0]).toMatch(/^a.*2Jb$/);
    expect(lines[0]).not.toContain('\u001b');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(5_000);
    expect(lines.length).toBeLessThan(500);
    expect(lines.at(-1)).toMatch(/lines lost$/);
  });

  test('one that does not read what it is told, and one that prints without end, hold nothing up', async () => {
    const bench = await Bench.of({ registry: 'exit 0', 'registry:b': 'exec yes' }, { deadlineMs: 1_000, endingMs: 500 });
    bench.begin().publish('x'.repeat(60_000), 'b');
    await until(() => expect(bench.messages('handler ended')).toHaveLength(2));
    expect(bench.handlers.status()).toMatchObject([
      { runs: 1, failed: 0 },
      { runs: 1, failed: 1 },
    ]);
  });
});

test('a program that has gone meanwhile, or is none, is told in the log, and the next event tries again', async () => {
  const bench = await Bench.of({ registry: '' });
  await rm(`${bench.directory}/handler0.sh`);
  bench.begin().publish(1);
  await until(() => expect(bench.messages('handler could not be started')).toHaveLength(1));
  await bench.write('handler0.sh', '#!/nonexistent/interpreter\n');
  bench.publish(2);
  await until(() => expect(bench.messages('handler could not be started')).toHaveLength(2));
  await bench.write('handler0.sh', '#!/bin/sh\nexit 0\n');
  bench.publish(3);
  await until(() => expect(bench.messages('handler ended')).toHaveLength(1));
  expect(bench.handlers.status()).toMatchObject([{ runs: 3, failed: 2, running: false }]);
});

test('when the node stops, what runs is asked to end, then ended; what waits is lost and said', async () => {
  const bench = await Bench.of({
    registry: `trap '' TERM; echo $$ >"$OUT"; while :; do sleep 0.1; done`,
    'registry:polite': `trap 'echo bye >"$OUT.bye"; exit 0' TERM; echo $$ >"$OUT.polite"; while :; do sleep 0.1; done`,
  });
  bench.begin();
  for (const number of [1, 2, 3]) bench.publish(number, 'polite');
  await until(async () => expect(Number(await readFile(`${bench.out}.polite`, 'utf8'))).toBeGreaterThan(0));
  await until(async () => expect(Number(await bench.written())).toBeGreaterThan(0));
  await bench.handlers.stop(1_000);
  expect(await readFile(`${bench.out}.bye`, 'utf8')).toBe('bye\n');
  expect(areGone([Number(await bench.written())])).toBe(true);
  expect(bench.messages('the node stops: events are lost')).toMatchObject([{ lost: 2 }, { lost: 2 }]);
  bench.publish(4, 'polite');
  expect(bench.handlers.status().map(({ running, runs }) => [running, runs])).toEqual([
    [false, 1],
    [false, 1],
  ]);
});

test('a handler of a module that is not deployed waits, and the log says so', async () => {
  const bench = await Bench.of({ 'presence:a,join': 'cat >>"$OUT"' });
  bench.begin();
  expect(bench.messages('a handler waits for events')).toMatchObject([{ module: 'presence' }]);
});

test('handlers that are replaced while the node runs: what stays goes on, what goes takes its events with it and may end', async () => {
  const bench = await Bench.of({
    registry: 'cat >>"$OUT"',
    module: 'touch "$OUT.began"; while [ ! -e "$OUT.end" ]; do sleep 0.05; done; cat >>"$OUT.own"',
  });
  bench.begin().publish('before');
  for (let times = 0; times < 3; times += 1) bench.handlers.noted(DEPLOYED);
  await until(async () => expect(await readFile(`${bench.out}.began`, 'utf8')).toBe(''));
  const added = await bench.write('added.sh', `#!/bin/sh\ncat >>'${bench.out}.added'\n`);
  const stays = parseHandler(`registry=${bench.directory}/handler0.sh`);
  bench.handlers.replace([stays, parseHandler(`registry:new=${added}`)]);
  expect(bench.messages('the handler is taken away: events are lost')).toMatchObject([{ lost: 2 }]);
  await bench.write('out.end', '');
  bench.publish('after', 'new');
  await until(async () => expect(bench.messages('handler ended')).toHaveLength(4));
  expect((await bench.documents()).map(({ data }) => data)).toEqual(['before', 'after']);
  expect(await readFile(`${bench.out}.added`, 'utf8')).toContain('"after"');
  expect(bench.handlers.status()).toMatchObject([{ runs: 2 }, { runs: 1 }]);
});
