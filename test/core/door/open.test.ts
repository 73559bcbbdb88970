/** What is wished for of a node's door, and what cannot be had together. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DoorBell, openDoor } from '../../../src/core/door/open.ts';
import type { DoorWishes } from '../../../src/core/door/open.ts';
import { ModuleService } from '../../../src/core/door/service.ts';
import type { NodeId } from '../../../src/model/names.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';

const silent = (): void => undefined;

async function opened(wishes: DoorWishes) {
  const dataDir = await temporaryDirectory();
  const node = { moduleViews: () => [], peers: () => ({ near: [] }), strain: 1 };
  const core = { request: () => Promise.reject(new Error('not asked')), node };
  const service = new ModuleService(new DoorBell('ab'.repeat(32) as NodeId, 1), core, () => 0);
  const log = { debug: silent, warn: silent, error: silent };
  const door = await openDoor(wishes, { dataDir, service, strain: () => 1, log });
  onTestFinished(() => door.close(0));
  return { door, dataDir };
}

test('a socket is beside the data, unless none is wanted', async () => {
  const { door, dataDir } = await opened({});
  expect(door.socket).toBe(join(dataDir, 'app.sock'));
  expect((await opened({ socket: 'none' })).door.socket).toBeNull();
});

test.each([{ mode: 0o660 }, { group: '0' }, { mode: 0o660, group: '0' }])(
  'no socket, and who may open it (%j), is no wish',
  async (who) => {
    await expect(opened({ socket: 'none', ...who })).rejects.toMatchObject({ code: 'GOSSIP_E_APP_SOCKET' });
  },
);
