/**
 * The entry of a lab's node whose module may be looked into by debuggers: `gossip module dev --inspect` starts it, and nothing else does. Its words are
 * the module, the path of the socket and the URL of the author's files; then those of `gossip node run`.
 */
import { Inspector } from './core/inspector/inspector.ts';
import { GossipError } from './model/errors.ts';
import { enter } from './node/enter.ts';

const [, , module = '', socket = '', sources = '', ...rest] = process.argv;

void enter({
  words: rest.slice(2),
  otherwise: () => {
    throw new GossipError('GOSSIP_E_INTERNAL', 'a lab starts its nodes otherwise');
  },
  besides: async () => {
    const inspector = new Inspector({ sources });
    await inspector.listen(socket);
    return { inspection: (name) => (name === module ? inspector.next() : undefined) };
  },
});
