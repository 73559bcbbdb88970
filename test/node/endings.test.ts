/** What signals do to a node: each that ends it ends it in order, those that are not meant to end it do not. */
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { awaitEnding, hangUpEnds } from '../../src/node/endings.ts';
import type { Endings, Terminals } from '../../src/node/endings.ts';

const terminal: Terminals = { stdin: { isTTY: true }, stderr: { isTTY: true } };
const service: Terminals = { stdin: {}, stderr: {} };

let endings: Endings | undefined;
afterEach(() => endings?.release());

/** Signals as they would arrive, without any being sent to the process of the tests. */
function receive(signal: NodeJS.Signals): void {
  process.emit(signal, signal);
}

async function isEnded({ ended }: Endings): Promise<boolean> {
  return Promise.race([ended.then(() => true), setImmediate(false)]);
}

function awaiting(where: Terminals): { endings: Endings; exits: number[] } {
  const exits: number[] = [];
  endings = awaitEnding(where, (code) => void exits.push(code));
  endings.claim();
  return { endings, exits };
}

test.each<NodeJS.Signals>(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGPWR', 'SIGXCPU', 'SIGALRM'])(
  '%s ends in order, everywhere',
  async (signal) => {
    for (const where of [terminal, service]) {
      const node = awaiting(where);
      receive(signal);
      expect([await isEnded(node.endings), node.exits]).toEqual([true, []]);
      node.endings.release();
    }
  },
);

describe('SIGHUP', () => {
  test('ends a node whose terminal was closed', async () => {
    const node = awaiting(terminal);
    receive('SIGHUP');
    expect(await isEnded(node.endings)).toBe(true);
  });

  test.each([
    ['nohup', { stdin: {}, stderr: {} }],
    ['a log that goes to a file', { stdin: { isTTY: true }, stderr: {} }],
  ])('does nothing with %s, however often', async (_how, where) => {
    const node = awaiting(where);
    for (let times = 0; times < 3; times += 1) receive('SIGHUP');
    expect([await isEnded(node.endings), node.exits, hangUpEnds(where)]).toEqual([false, [], false]);
  });
});

describe('a signal that the node heeds', () => {
  test('does what was said, also for one that came before', () => {
    const { endings: heeding } = awaiting(service);
    const heard: string[] = [];
    receive('SIGHUP');
    receive('SIGHUP');
    heeding.on('SIGHUP', () => heard.push('SIGHUP'));
    heeding.on('SIGUSR2', () => heard.push('SIGUSR2'));
    receive('SIGUSR2');
    receive('SIGHUP');
    expect(heard).toEqual(['SIGHUP', 'SIGUSR2', 'SIGHUP']);
  });

  test('ends it all the same where it says that the terminal was closed', async () => {
    const { endings: heeding } = awaiting(terminal);
    heeding.on('SIGHUP', () => expect.unreachable('the node goes on'));
    receive('SIGHUP');
    expect(await isEnded(heeding)).toBe(true);
  });
});

test('SIGUSR2 does nothing by itself', async () => {
  const node = awaiting(terminal);
  receive('SIGUSR2');
  expect(await isEnded(node.endings)).toBe(false);
});

describe('a second signal', () => {
  test.each<[NodeJS.Signals, NodeJS.Signals, number]>([
    ['SIGTERM', 'SIGQUIT', 131],
    ['SIGTERM', 'SIGINT', 130],
    ['SIGINT', 'SIGTERM', 130],
    ['SIGPWR', 'SIGTERM', 143],
  ])('after %s, %s ends the process at once with %i', (first, second, code) => {
    const { exits } = awaiting(service);
    receive(first);
    receive(second);
    expect(exits).toEqual([code]);
  });

  test('that is the echo of the first does nothing', () => {
    const { exits } = awaiting(service);
    receive('SIGINT');
    receive('SIGINT');
    expect(exits).toEqual([]);
  });
});

test('signals that a package took over are taken back, also after it was loaded late', async () => {
  const node = awaiting(service);
  const dying: string[] = [];
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGABRT'] as const) process.once(signal, () => dying.push(signal));
  node.endings.claim();
  receive('SIGTERM');
  receive('SIGHUP');
  expect([await isEnded(node.endings), dying, process.listenerCount('SIGABRT')]).toEqual([true, [], 0]);
});
