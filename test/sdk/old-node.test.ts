/** A module of today on a node of version 0.1, whose core would make an object of bytes. */
import { expect, test } from 'vitest';
import { GossipModule } from '../../src/sdk/index.ts';
import type { Body, ModuleContext, Peer } from '../../src/sdk/index.ts';

const peer: Peer = { id: 'b'.repeat(64), address: '10.0.0.9:1', name: 'old' };
const outcome = (asked: Promise<unknown>): Promise<unknown> => asked.catch((error: Error) => `${error.name}: ${error.message}`);
const REFUSED = 'ExchangeError: this node runs Gossip 0.1, which carries JSON alone and no bytes';

class Probe extends GossipModule {
  receive(body: Body): Body | Promise<Body> {
    return body === 'bytes' ? Uint8Array.of(1) : body;
  }
  transferState(): string {
    return '';
  }
  acceptState(): void {}
  get given(): ModuleContext {
    return this.context;
  }
}

/** What such a node gives, as far as this is concerned: bodies become JSON. */
function onOldNode(): { module: Probe; sent: string[] } {
  const sent: string[] = [];
  class OldContext {
    readonly self = peer;
    readonly #now = 7;
    async exchange(_to: Peer, body: unknown): Promise<unknown> {
      if (body === 'nobody') throw new Error('unreachable');
      sent.push(JSON.stringify(body));
      return body;
    }
    now(): number {
      return this.#now;
    }
  }
  return { module: new Probe(new OldContext() as unknown as ModuleContext), sent };
}

test('JSON goes as ever, and bytes are refused before they become something else', async () => {
  const { module, sent } = onOldNode();
  const context = module.given;
  const now: () => number = Reflect.get(context, 'now');
  expect([await context.exchange(peer, { a: 1 }), context.now(), now(), context.self, Reflect.get(context, 'onLost')]).toEqual([
    { a: 1 },
    7,
    7,
    peer,
    undefined,
  ]);
  expect(['send' in context, 'now' in context, 'publish' in context]).toEqual([true, true, false]);
  expect(await outcome(context.exchange(peer, Uint8Array.of(1)))).toBe(REFUSED);
  expect(await outcome(context.exchange(peer, 1, { answer: 'bytes' }))).toBe(REFUSED);
  expect(sent).toEqual(['{"a":1}']);
});

test('send() is there, and never rejects', async () => {
  const { module, sent } = onOldNode();
  expect([module.given.send(peer, 'x'), module.given.send(peer, 'nobody')]).toEqual([true, true]);
  expect(() => module.given.send(peer, Uint8Array.of(1))).toThrow('carries JSON alone');
  await Promise.resolve();
  expect(sent).toEqual(['"x"']);
});

test('an answer of bytes is a failure of receive(), and one of JSON is none', async () => {
  const { module } = onOldNode();
  expect(await outcome(Promise.resolve(module.receive('bytes')))).toBe(
    'TypeError: this node runs Gossip 0.1, which carries JSON alone and no bytes',
  );
  expect(await module.receive('x')).toBe('x');
});

test('on a node of today the context is as it is', () => {
  const context = { send: () => true } as unknown as ModuleContext;
  const module = new Probe(context);
  expect([module.given === context, Object.hasOwn(module, 'receive')]).toEqual([true, false]);
});
