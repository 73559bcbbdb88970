/** What passes between a module and the applications on its node's machine, checked in one place for every surrounding. */
import { answerOf, bodyOf, utf8Bytes } from './border.ts';
import { callerOf, NO_REQUESTS, NOT_JSON } from './content.ts';
import type { PublishedEvent, Said } from './content.ts';
import type { Json } from './json.ts';
import { MAX_EVENT_BYTES, MAX_TOPIC } from './limits.ts';
import { Refusal } from './module.ts';
import type { GossipModule } from './module.ts';

const REASON = /^[a-z][a-z0-9-]{0,39}$/;

/** Whether a module answers requests at all. */
export function takesRequests(module: GossipModule): boolean {
  return typeof module.request === 'function';
}

/** Asks the module; `by`: another module, or null for an application. Rejects with what the module threw, and with a `Refusal` where it takes no requests, or not this. */
export async function answerRequest(module: GossipModule, asked: Said, by: string | null = null): Promise<Said> {
  if (!takesRequests(module))
    throw new Refusal(NO_REQUESTS, `the module takes no requests of ${by === null ? 'applications' : 'other modules'}`);
  return answerOf('request', await module.request?.(valueOf(asked), callerOf(by)));
}

/** A request, or an answer, as it arrives: bytes as a plain `Uint8Array` of their own, whatever carried them. */
export function valueOf(said: Said): Json | Uint8Array {
  try {
    return bodyOf(said);
  } catch (cause) {
    throw new Refusal(NOT_JSON, `the request is not JSON: ${(cause as Error).message}`);
  }
}

/** The reason of a refusal; null where it is none. A module carries its own copy of the SDK: an error is known by its name. */
export function reasonOf(thrown: unknown): string | null {
  if (!(thrown instanceof Error)) return null;
  if (thrown.name === 'BadInput') return 'malformed';
  if (thrown.name !== 'Refusal') return null;
  const { reason } = thrown as Error & { readonly reason?: unknown };
  return typeof reason === 'string' && REASON.test(reason) ? reason : 'refused';
}

/** What `publish` is given. */
export function publishedEvent(event: unknown, topic: unknown = ''): PublishedEvent {
  if (typeof topic !== 'string' || topic.length > MAX_TOPIC || !topic.isWellFormed())
    throw new TypeError(`the topic of an event must be a text of at most ${MAX_TOPIC} characters`);
  const text: string | undefined = JSON.stringify(event);
  if (text === undefined) throw new TypeError('an event must be a JSON value');
  const bytes = utf8Bytes(text, MAX_EVENT_BYTES);
  if (bytes > MAX_EVENT_BYTES) throw new RangeError(`an event of ${bytes} bytes, ${MAX_EVENT_BYTES} are allowed`);
  return { topic, text };
}
