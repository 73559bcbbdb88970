/** Who may call a node, and when. */
import { expect, test } from 'vitest';
import type { Handlers } from '../../../src/core/api/handlers.ts';
import { CallerCheck } from '../../../src/core/api/caller-check.ts';
import type { Members } from '../../../src/core/admission/members.ts';
import type { PeerRequest } from '../../../src/core/transport/server/server.ts';
import { ROUTES } from '../../../src/api/routes.ts';
import type { RouteName } from '../../../src/api/routes.ts';
import { GossipError } from '../../../src/model/errors.ts';
import { peer } from '../../support/records.ts';
import { Warrants } from '../../../src/core/admission/warrants.ts';
import { HEADERS } from '../../../src/api/headers.ts';
import { makeWarrant } from '../../../src/trust/warrant.ts';
import { deployKeys, outcome, root, rootKey } from '../../trust/fixture.ts';
import { generateKey } from '../../../src/trust/keys.ts';
import { makeNextRoot, nextRoot } from '../../../src/trust/next-root.ts';

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
  const operators = ['logs', 'state', 'request', 'watch', 'events'];
  expect(barred(new Map())).toEqual(operators.map((name) => `${name}: GOSSIP_E_SIGNATURE`));
  // Twice: what was remembered is that of its bearer alone.
  expect([barred(of(stranger)), barred(of(stranger))]).toEqual([[], []]);
  expect(barred(of(peer(8).id))).toEqual(operators.map((name) => `${name}: GOSSIP_E_IDENTITY`));
});

test('whoever only observes reads logs and asks modules; a state, in which there are secrets, he does not get', () => {
  const everybody = { has: () => true, require: () => undefined } as unknown as Members;
  const observer = generateKey();
  const keys = { ...root.root.keys, [observer.keyid]: { public: observer.public } };
  const roles = { ...root.root.roles, observe: { keys: [observer.keyid], threshold: 1 } };
  const trust = { root: nextRoot(root, makeNextRoot(root, { created: 1, keys, roles }, [rootKey])) };
  const { authorize } = new CallerCheck().options(everybody, new Warrants(trust));
  const ask = (name: RouteName) =>
    outcome(() => authorize?.(stranger, ROUTES[name], new Map([[HEADERS.warrant, makeWarrant(trust.root, stranger, observer)]])));
  // In this order: what was found good for one thing is not good for another.
  for (const name of ['logs', 'request', 'watch', 'events', 'state'] as const)
    expect([name, ask(name)]).toEqual([name, name === 'state' ? 'GOSSIP_E_SIGNATURE' : 'accepted']);
  // What it was shown under is not what counts now.
  trust.root = root;
  expect(ask('logs')).toBe('GOSSIP_E_SIGNATURE');
});
