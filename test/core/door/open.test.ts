/** What is wished for of a node's door, and what cannot be had together. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DoorBell, openDoor } from '../../../src/core/door/open.ts';
import type { DoorWishes } from '../../../src/core/door/open.ts';
import { ModuleService } from '../../../src/core/door/service.ts';
import { EventHandlers } from '../../../src/core/event-handlers/handlers.ts';
import type { Address, NodeId } from '../../../src/model/names.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';

const silent = (): void => undefined;

async function opened(wishes: DoorWishes) {
  const dataDir = await temporaryDirectory();
  const node = { moduleViews: () => [], peers: () => ({ near: [] }), strain: 1 };
  const core = { request: () => Promise.reject(new Error('not asked')), node };
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const self = { id: 'ab'.repeat(32) as NodeId, address: '127.0.0.1:1' as Address, name: 'node1' };
  const handlers = new EventHandlers({ wishes: [], self, strain: () => 1, log });
  const service = new ModuleService(new DoorBell(self.id, 1, handlers), core, () => 0);
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
