/**
 * What a module finds on a node of version 0.1, which carries JSON alone and would make an object of bytes. The module brings its own copy of this along, so that such a
 * node refuses bytes, as it would have to.
 */
import { ExchangeError } from './exchange-error.ts';
import type { Body } from './json.ts';

const JSON_ALONE = 'this node runs Gossip 0.1, which carries JSON alone and no bytes';

type Exchange = (peer: unknown, body: Body, options?: { readonly answer?: 'json' | 'bytes' }) => Promise<Body>;
type Receive = (body: Body, from: unknown) => Body | Promise<Body>;

/** The context as a module should see it: on nodes of today as it is. */
export function contextOn<Context extends object>(context: Context, module: object): Context {
  const old = context as { readonly send?: unknown; readonly exchange: Exchange };
  if (typeof old.send === 'function') return context;
  const exchange: Exchange = async (peer, body, { answer } = {}) => {
    if (body instanceof Uint8Array || answer === 'bytes') throw new ExchangeError('refused', JSON_ALONE);
    return old.exchange(peer, body);
  };
  const send = (peer: unknown, body: Body): boolean => {
    if (body instanceof Uint8Array) throw new ExchangeError('refused', JSON_ALONE);
    // Nobody hears of it.
    exchange(peer, body).catch(() => undefined);
    return true;
  };
  refuseAnswers(module as { receive: Receive });
  const ours: Readonly<Record<PropertyKey, unknown>> = { exchange, send };
  // There it is an instance of a class, whose methods stand in its prototype and want it as their `this`.
  return new Proxy(context, {
    has: (_, name) => name in ours || name in context,
    get: (_, name) => {
      if (Object.hasOwn(ours, name)) return ours[name];
      const value: unknown = Reflect.get(context, name);
      return typeof value === 'function' ? (value.bind(context) as unknown) : value;
    },
  });
}

/** What `receive` answers in bytes becomes a failure, which its node tells as one. */
function refuseAnswers(module: { receive: Receive }): void {
  const { receive } = module;
  module.receive = async (body, from) => {
    const answer = await receive.call(module, body, from);
    if (answer instanceof Uint8Array) throw new TypeError(JSON_ALONE);
    return answer;
  };
}
