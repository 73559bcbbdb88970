/** Whom membership holds alive, as the node follows it: from its list, then from what it publishes, and never longer than it runs. */
import { expect, test } from 'vitest';
import { HeldAlive } from '../../../src/core/door/alive.ts';
import type { ModuleState } from '../../../src/gossip/protocol.ts';
import { contentOf } from '../../../src/model/content.ts';
import type { ModuleName } from '../../../src/model/names.ts';

const [X, Y, Z] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string];

function following(answer: string | Error) {
  const asked: string[] = [];
  const alive = new HeldAlive(async (module) => {
    asked.push(module);
    if (answer instanceof Error) throw answer;
    return contentOf(answer);
  });
  const noted = async (state: ModuleState, module = 'membership'): Promise<void> => {
    alive.noted({ event: 'module-state', module: module as ModuleName, deployment: 'd1', state, why: null });
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { alive, asked, noted, heard: (event: unknown) => alive.heard({ topic: '', text: JSON.stringify(event) }) };
}

test('it begins with the list of an instance that runs, and goes on with events', async () => {
  const list = {
    members: [
      { id: X, state: 'alive' },
      { id: Y, state: 'dead' },
    ],
  };
  const { alive, asked, noted, heard } = following(JSON.stringify(list));
  await noted('running', 'registry');
  expect(asked).toEqual([]);
  await noted('running');
  expect([...alive.doubted]).toEqual([Y]);
  heard({ event: 'suspect', member: { id: Z, state: 'suspect' } });
  heard({ event: 'join', member: { id: Y, state: 'alive' } });
  expect([...alive.doubted]).toEqual([Z]);
  await noted('updating');
  expect([...alive.doubted]).toEqual([Z]);
  await noted('failed');
  expect([...alive.doubted]).toEqual([]);
});

test.each([['"text"'], ['{"members":[1,null,{"id":"x","state":"dead"},{"id":7}]}'], ['[]'], [new Error('it is deaf')]])(
  'code of another kind under that name has nobody doubted: %s',
  async (answer) => {
    const { alive, noted, heard } = following(answer);
    await noted('running');
    for (const event of [null, 1, 'text', { member: null }, { member: { id: '../x', state: 'dead' } }, []]) heard(event);
    expect([...alive.doubted]).toEqual([]);
  },
);
