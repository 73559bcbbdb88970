/** Who may call a node, and when. */
import { expect, test } from 'vitest';
import type { Handlers } from '../../../src/core/api/handlers.ts';
import { CallerCheck } from '../../../src/core/api/caller-check.ts';
import type { Members } from '../../../src/core/admission/members.ts';
import type { PeerRequest } from '../../../src/core/transport/server/server.ts';
import { ROUTES } from '../../../src/api/routes.ts';
import { GossipError } from '../../../src/model/errors.ts';
import { peer } from '../../support/records.ts';
import { Warrants } from '../../../src/core/admission/warrants.ts';
import { HEADERS } from '../../../src/api/headers.ts';
import { makeWarrant } from '../../../src/trust/warrant.ts';
import { deployKeys, root } from '../../trust/fixture.ts';

const stranger = peer(9).id;
const members = {
  has: () => false,
  require: () => {
    throw new GossipError('GOSSIP_E_NOT_ADMITTED', 'a stranger');
  },
} as unknown as Members;

const warrants = new Warrants({ root });

test('strangers may say hello and nothing else', () => {
  const { authorize } = new CallerCheck().options(members, warrants);
  const open = Object.entries(ROUTES).filter(([, route]) => {
    try {
      authorize?.(stranger, route, new Map());
      return true;
    } catch {
      return false;
    }
  });
  expect(open.map(([name]) => name)).toEqual(['hello']);
});

test('nobody is let in before the node is ready', async () => {
  const callerCheck = new CallerCheck();
  const { handler } = callerCheck.options(members, warrants);
  await expect(handler({} as PeerRequest)).rejects.toMatchObject({ code: 'GOSSIP_E_BUSY' });
  callerCheck.open({ handle: async () => ({ status: 204 }) } as unknown as Handlers);
  expect(await handler({} as PeerRequest)).toEqual({ status: 204 });
});

test("members may ask anything but what is the operators', who show a warrant", () => {
  const everybody = { has: () => true, require: () => undefined } as unknown as Members;
  const { authorize } = new CallerCheck().options(everybody, warrants);
  const barred = (headers: ReadonlyMap<string, string>): string[] =>
    Object.entries(ROUTES).flatMap(([name, route]) => {
      try {
        authorize?.(stranger, route, headers);
        return [];
      } catch (error) {
        return [`${name}: ${(error as GossipError).code}`];
      }
    });
  const of = (id: typeof stranger) => new Map([[HEADERS.warrant, makeWarrant(root, id, deployKeys[1])]]);
  const operators = ['state', 'request', 'watch', 'events'];
  expect(barred(new Map())).toEqual(operators.map((name) => `${name}: GOSSIP_E_SIGNATURE`));
  // Twice: what was remembered is that of its bearer alone.
  expect([barred(of(stranger)), barred(of(stranger))]).toEqual([[], []]);
  expect(barred(of(peer(8).id))).toEqual(operators.map((name) => `${name}: GOSSIP_E_IDENTITY`));
});
