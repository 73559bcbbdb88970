/** What is read of journals and connections, and what is made of it. */
import { mkdtemp, rm, appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Journal, reachedAt, spreadOf } from '../../bench/harness/journals.ts';
import type { Entry } from '../../bench/harness/journals.ts';
import { added, endsIn, sentBy } from '../../bench/harness/sockets.ts';
import { stairs } from '../../bench/measures/propagation.ts';

describe('a journal', () => {
  test('is read on where the reading stopped, whole lines only', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gossip-bench-test-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const [journal, file] = [new Journal(directory), join(directory, 'journal.jsonl')];
    expect(journal.read()).toEqual([]);
    await appendFile(file, '{"time":"2026-11-28T00:00:00.001Z","event":"a"}\n{"time":"2026-11-28T00:00:00.0');
    expect(journal.read()).toEqual([{ atMs: Date.parse('2026-11-28T00:00:00.001Z'), event: 'a' }]);
    await appendFile(file, '02Z","event":"b"}\n');
    expect(journal.read().map(({ event }) => event)).toEqual(['a', 'b']);
  });
});

describe('a spread', () => {
  const accepted = (atMs: number, via = 'rumor'): Entry => ({ atMs, event: 'deployment-accepted', module: 'm', deployment: 'd2', via });
  const running = (atMs: number): Entry => ({ atMs, event: 'module-state', module: 'm', deployment: 'd2', state: 'running' });
  const before: Entry = { atMs: 1, event: 'module-state', module: 'm', deployment: 'd1', state: 'running' };
  const journals = [
    { name: 'a', entries: [before, accepted(100, 'injection'), running(150)] },
    { name: 'b', entries: [before, accepted(130), running(190), running(500)] },
    { name: 'c', entries: [before, accepted(120, 'exchange')] },
  ];
  const spread = spreadOf(journals, 'm', 'd2');

  test('counts from the first node that accepted it, and tells by which way it came', () => {
    expect(spread).toEqual({
      beganMs: 100,
      nodes: [
        { name: 'a', knownMs: 0, runningMs: 50, via: 'injection' },
        { name: 'b', knownMs: 30, runningMs: 90, via: 'rumor' },
        { name: 'c', knownMs: 20, runningMs: null, via: 'exchange' },
      ],
    });
  });

  test('has reached a share of the nodes with the last one of them, and all of them only with all', () => {
    expect(spread && [0.5, 1].map((share) => [reachedAt(spread, 'knownMs', share), reachedAt(spread, 'runningMs', share)])).toEqual([
      [20, 90],
      [30, null],
    ]);
  });

  test('is none before somebody has accepted it', () => {
    expect(spreadOf(journals, 'm', 'd3')).toBeNull();
  });

  test('is drawn level, with a step for each node', () => {
    expect(stairs([30, 10], 40)).toEqual([
      [0, 0],
      [10, 0],
      [10, 1],
      [30, 1],
      [30, 2],
      [40, 2],
    ]);
  });
});

describe('connections', () => {
  const TEXT = [
    '0      0      127.0.0.1:20851 127.0.0.1:44190 bbr rto:204 bytes_sent:500 bytes_acked:500 bytes_received:70 segs_out:5 segs_in:6',
    '0      0      127.0.0.1:44190 127.0.0.1:20851 bbr rto:204 bytes_acked:70 bytes_received:500 segs_out:6 segs_in:5',
    '0      0      127.0.0.1:9     127.0.0.1:10    bbr rto:204 bytes_sent:9999 segs_out:99',
    '',
  ].join('\n');

  test('of other ports do not count, and what has sent nothing has sent nothing', () => {
    expect([...endsIn(TEXT, new Set([20851]))]).toEqual([
      ['127.0.0.1:20851 127.0.0.1:44190', { bytes: 500, packets: 5 }],
      ['127.0.0.1:44190 127.0.0.1:20851', { bytes: 0, packets: 6 }],
    ]);
  });

  test('tell what each port has sent, and not what was sent to it', () => {
    const [ports, now] = [new Set([20851, 20852]), endsIn(TEXT, new Set([20851, 20852]))];
    const first = sentBy(ports, new Map(), { before: new Map(), now });
    expect([...first]).toEqual([
      [20851, 500],
      [20852, 0],
    ]);
    expect([...sentBy(ports, first, { before: now, now })]).toEqual([...first]);
  });

  test('add what they have carried since the last look; new ones between the same ends all of it', () => {
    const before = new Map([
      ['a', { bytes: 100, packets: 2 }],
      ['b', { bytes: 900, packets: 9 }],
      ['gone', { bytes: 50, packets: 1 }],
    ]);
    const now = new Map([
      ['a', { bytes: 150, packets: 3 }],
      ['b', { bytes: 10, packets: 1 }],
      ['new', { bytes: 7, packets: 1 }],
    ]);
    expect(added({ bytes: 1_000, packets: 20 }, before, now)).toEqual({ bytes: 1_067, packets: 23 });
  });
});
