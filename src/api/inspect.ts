/** What `gossip module inspect` gets from a node: any JSON; only its size is known. */
import { GossipError } from '../model/errors.ts';
import type { ModuleName } from '../model/names.ts';
import type { Json } from '../sdk/json.ts';
import { MAX_SHOWN_DEPTH } from '../sdk/limits.ts';
import { parseJson } from '../trust/canonical.ts';
import { ROUTES } from './routes.ts';

const LIMITS = { maxBytes: ROUTES.inspect.maxAnswerBytes, maxDepth: MAX_SHOWN_DEPTH, maxValues: 2 ** 19 };

/** A value past these limits is the module's doing, and not that of the question. */
export function parseShown(module: ModuleName, body: Uint8Array): Json {
  try {
    return parseJson(body, LIMITS) as Json;
  } catch (cause) {
    throw new GossipError('GOSSIP_E_MODULE_ANSWER', `what inspect() of ${module} shows cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}
