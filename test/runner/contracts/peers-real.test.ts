/** The core's way to peers: pinned HTTPS, directly and through an HTTP CONNECT proxy. */
import { Trust } from '../../../src/trust/trust.ts';
import { describe, onTestFinished } from 'vitest';
import { Acceptance } from '../../../src/core/admission/acceptance.ts';
import type { Introductions } from '../../../src/core/admission/members.ts';
import type { Warrants } from '../../../src/core/admission/warrants.ts';
import { HttpsPeers } from '../../../src/core/adapters/peers.ts';
import { CallerCheck } from '../../../src/core/api/caller-check.ts';
import { Handlers } from '../../../src/core/api/handlers.ts';
import type { HandlersOptions } from '../../../src/core/api/handlers.ts';
import type { Core } from '../../../src/core/core.ts';
import { PeerCalls } from '../../../src/core/peers/peer-calls.ts';
import { Reachability } from '../../../src/core/peers/reachability.ts';
import { PeerServer } from '../../../src/core/transport/server/server.ts';
import type { PeerServerOptions } from '../../../src/core/transport/server/server.ts';
import { GossipError } from '../../../src/model/errors.ts';
import type { Address, Peer } from '../../../src/model/names.ts';
import { makeIdentity } from '../../../src/trust/identity.ts';
import type { Identity } from '../../../src/trust/identity.ts';
import { startProxy } from '../../core/transport/connect-proxy.ts';
import { startClient, until } from '../../core/transport/fixtures.ts';
import { root } from '../../support/records.ts';
import { peersContract } from './peers.ts';
import type { Ask, PeersWorld } from './peers.ts';

const DEADLINE_MS = 60_000;
const SHORT_MS = 500;
/** All are members, and were introduced before. */
const members = { has: () => true, require: () => undefined, proved: () => undefined } as unknown as Introductions['members'];
/** Nobody here is an operator. */
const warrants = { require: () => undefined } as unknown as Warrants;
const introductions: Introductions = { members, own: () => ({ admission: null, name: '', address: null }) };
const log = { info: () => undefined, warn: () => undefined } as unknown as ConstructorParameters<typeof Reachability>[0];

async function world(patience: 'usual' | 'short', proxy?: string): Promise<PeersWorld> {
  const identity = makeIdentity();
  const self = { id: identity.id, address: '127.0.0.1:7946' as Address, name: '' };
  const client = startClient({ identity, ...(proxy !== undefined && { proxy }) });
  const calls = new PeerCalls(client, introductions, new Reachability(log), new Acceptance(self.address, log, () => 0));
  return {
    peers: new HttpsPeers({ self, incarnation: 1, calls, trust: new Trust(root), ...(patience === 'short' && { timeoutMs: SHORT_MS }) }),
    self,
    peer: async (ask) => {
      const callerCheck = new CallerCheck();
      callerCheck.open(handlersOf(ask));
      return (await listen(callerCheck.options(members, warrants))).peer;
    },
    answering: async (wire) => (await listen({ handler: async () => wire })).peer,
    gone: async () => {
      const { peer, server } = await listen({ handler: async () => ({ status: 204 }) });
      await server.close({ graceMs: 0 });
      return peer;
    },
    until: (holds) => until(holds, 'an outcome', DEADLINE_MS),
  };
}

async function listen(
  options: Partial<PeerServerOptions> & Pick<PeerServerOptions, 'handler'>,
  identity: Identity = makeIdentity(),
): Promise<{ readonly peer: Peer; readonly server: PeerServer }> {
  const server = new PeerServer();
  const { address } = await server.listen({ identity, host: '127.0.0.1', port: 0, ...options });
  onTestFinished(() => server.close({ graceMs: 0 }));
  return { peer: { id: identity.id, address, name: '' }, server };
}

/** A node's routes, with nothing behind them but a runner. */
function handlersOf(ask: Ask): Handlers {
  const core = {
    ask: (...[from, message]: Parameters<Core['ask']>) =>
      new Promise((resolve, reject) => {
        ask(from, message, (outcome) =>
          'value' in outcome ? resolve(outcome.value) : reject(new GossipError(outcome.failure.code, outcome.failure.message)),
        );
      }),
    node: { callable: () => null },
  };
  return new Handlers({ core, introductions, trust: new Trust(root) } as unknown as HandlersOptions);
}

describe('directly', () => {
  peersContract((patience) => world(patience));
});

describe('through a proxy', () => {
  peersContract(async (patience) => {
    const { port } = await startProxy();
    return world(patience, `http://127.0.0.1:${port}`);
  });
});
