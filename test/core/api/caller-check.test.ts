/** Who may call a node, and when. */
import { expect, test } from 'vitest';
import type { Handlers } from '../../../src/core/api/handlers.ts';
import { CallerCheck } from '../../../src/core/api/caller-check.ts';
import type { Members } from '../../../src/core/admission/members.ts';
import type { PeerRequest } from '../../../src/core/transport/server/server.ts';
import { ROUTES } from '../../../src/api/routes.ts';
import { GossipError } from '../../../src/model/errors.ts';
import { peer } from '../../support/records.ts';

const stranger = peer(9).id;
const members = {
  has: () => false,
  require: () => {
    throw new GossipError('GOSSIP_E_NOT_ADMITTED', 'a stranger');
  },
} as unknown as Members;

test('strangers may say hello and nothing else', () => {
  const { authorize } = new CallerCheck().options(members);
  const open = Object.entries(ROUTES).filter(([, route]) => {
    try {
      authorize?.(stranger, route);
      return true;
    } catch {
      return false;
    }
  });
  expect(open.map(([name]) => name)).toEqual(['hello']);
});

test('nobody is let in before the node is ready', async () => {
  const callerCheck = new CallerCheck();
  const { handler } = callerCheck.options(members);
  await expect(handler({} as PeerRequest)).rejects.toMatchObject({ code: 'GOSSIP_E_BUSY' });
  callerCheck.open({ handle: async () => ({ status: 204 }) } as unknown as Handlers);
  expect(await handler({} as PeerRequest)).toEqual({ status: 204 });
});
