/** That the watch of fault 4 would see what it is there for. */
import { expect, test } from 'vitest';
import type { NodeStatus } from '../../src/api/status.ts';
import { until } from '../support/gossip.ts';
import { ForwardWatch } from './forward-watch.ts';

interface Shown {
  readonly sequence: number;
  readonly origin?: string;
  readonly pid?: number;
  readonly highestSequence?: number;
}

test.each([
  ['a number that only rises', [{ sequence: 1 }, { sequence: 1 }, { sequence: 3, pid: 2 }], []],
  ['a twin that outranks the other', [{ sequence: 1 }, { sequence: 1, origin: 'b', pid: 2 }], []],
  ['a lower number', [{ sequence: 2 }, { sequence: 1, pid: 2, highestSequence: 2 }], ['newest d1', 'running d1']],
  [
    'the lower of two twins',
    [
      { sequence: 1, origin: 'b' },
      { sequence: 1, origin: 'a', pid: 2 },
    ],
    ['newest d1', 'running d1'],
  ],
  ['a number activated twice', [{ sequence: 1 }, { sequence: 1, pid: 2 }], ['d1']],
  ['a sequence that is forgotten', [{ sequence: 1, highestSequence: 2 }, { sequence: 1 }], ['sequence 1 after 2']],
] satisfies [string, Shown[], string[]][])('what is told of %s', async (_, shown, wrongs) => {
  const left = shown.map(statusOf);
  const status = async (): Promise<NodeStatus> => (left.length > 1 ? (left.shift() as NodeStatus) : (left[0] as NodeStatus));
  const watch = new ForwardWatch({ names: ['a'], watcher: { status } });
  await until('all was looked at', async () => watch.looks > shown.length);
  await watch.end();
  expect(watch.wrongs).toEqual(wrongs.map((wrong) => expect.stringContaining(`a: ${wrong}`)));
});

function statusOf({ sequence, origin = 'a', pid = 1, highestSequence = sequence }: Shown): NodeStatus {
  const number = { sequence, time: 0, origin };
  return { highestSequence, modules: [{ name: 'notebook', number, newestNumber: number, pid }] } as unknown as NodeStatus;
}
