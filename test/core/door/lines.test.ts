/** Places of a module at the door: bounded, in order, and given back. */
import { expect, test } from 'vitest';
import { Lines } from '../../../src/core/door/lines.ts';
import type { ModuleName } from '../../../src/model/names.ts';

const [A, B] = ['a', 'b'] as ModuleName[] as [ModuleName, ModuleName];

test('those beyond the places wait in order, each module for itself', async () => {
  const lines = new Lines({ places: 2, waitMs: 60_000 });
  const entered: string[] = [];
  const enter = (module: ModuleName, name: string): Promise<void> => lines.enter(module).then(() => void entered.push(name));
  await Promise.all([enter(A, '1'), enter(A, '2')]);
  const waiting = [enter(A, '3'), enter(A, '4')];
  await enter(B, 'other');
  expect(entered).toEqual(['1', '2', 'other']);
  lines.leave(A);
  await waiting[0];
  expect(entered).toEqual(['1', '2', 'other', '3']);
  lines.leave(A);
  await waiting[1];
  for (const _ of [1, 2]) lines.leave(A);
  // All places are free again.
  await Promise.all([enter(A, '5'), enter(A, '6')]);
  expect(entered.at(-1)).toBe('6');
});

test('one that waits too long is refused, and takes no place later', async () => {
  const lines = new Lines({ places: 1, waitMs: 10 });
  await lines.enter(A);
  await expect(lines.enter(A)).rejects.toMatchObject({ code: 'GOSSIP_E_BUSY' });
  lines.leave(A);
  await lines.enter(A);
});
