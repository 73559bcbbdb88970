/**
 * What a module finds on a node of version 0.1, which carries JSON alone and would make an object of bytes. The module brings its own copy of this along, so that such a
 * node refuses bytes, as it would have to.
 */
import type { Body, ExchangeOptions, GossipModule, ModuleContext, Peer } from './module.ts';
import { ExchangeError } from './exchange-error.ts';

const JSON_ALONE = 'this node runs Gossip 0.1, which carries JSON alone and no bytes';

type Exchange = (peer: Peer, body: Body, options?: ExchangeOptions) => Promise<Body>;

/** The context as a module should see it: on nodes of today as it is. */
export function contextOn(context: ModuleContext, module: GossipModule): ModuleContext {
  if (typeof context.send === 'function') return context;
  const ask = context.exchange as Exchange;
  const exchange: Exchange = async (peer, body, { answer } = {}) => {
    if (body instanceof Uint8Array || answer === 'bytes') throw new ExchangeError('refused', JSON_ALONE);
    return ask(peer, body);
  };
  refuseAnswers(module);
  return {
    ...context,
    exchange: exchange as ModuleContext['exchange'],
    send: (peer, body) => {
      if (body instanceof Uint8Array) throw new ExchangeError('refused', JSON_ALONE);
      // Nobody hears of it.
      exchange(peer, body).catch(() => undefined);
      return true;
    },
  };
}

/** What `receive` answers in bytes becomes a failure, which its node tells as one. */
function refuseAnswers(module: GossipModule): void {
  const receive = module.receive;
  const checked = async (body: Body, from: Peer): Promise<Body> => {
    const answer = await receive.call(module, body, from);
    if (answer instanceof Uint8Array) throw new TypeError(JSON_ALONE);
    return answer;
  };
  Object.defineProperty(module, 'receive', { value: checked, writable: true, configurable: true });
}
