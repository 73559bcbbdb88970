/** What passes between a module and the applications on its node's machine, checked in one place for every surrounding. */
import { NOT_JSON } from './content.ts';
import type { Content, PublishedEvent } from './content.ts';
import { answerText, messageText } from './border.ts';
import { readJson } from './json-text.ts';
import type { Json } from './json.ts';
import { MAX_EVENT_BYTES, MAX_MESSAGE_BYTES, MAX_TOPIC } from './limits.ts';
import { Refusal } from './module.ts';
import type { Caller, GossipModule } from './module.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const REASON = /^[a-z][a-z0-9-]{0,39}$/;

/** Whether a module answers requests at all. */
export function takesRequests(module: GossipModule): boolean {
  return typeof module.request === 'function';
}

/** Asks the module, which has a `request`. Rejects with what the module threw. */
export async function answerRequest(module: GossipModule, { form, bytes }: Content, caller: Caller): Promise<Content> {
  const body = form === 'bytes' ? bytes : jsonIn(bytes);
  const answer: unknown = await module.request?.(body, caller);
  if (!(answer instanceof Uint8Array)) return { form: 'json', bytes: encoder.encode(answerText('request', answer)) };
  if (answer.length > MAX_MESSAGE_BYTES)
    throw new RangeError(`request() answered ${answer.length} bytes, ${MAX_MESSAGE_BYTES} are allowed`);
  return { form: 'bytes', bytes: answer };
}

function jsonIn(bytes: Uint8Array): Json {
  try {
    return readJson(decoder.decode(bytes)) as Json;
  } catch (cause) {
    throw new Refusal(NOT_JSON, `the request is not JSON: ${(cause as Error).message}`);
  }
}

/** A request as it is sent. */
export function contentOf(body: Json | Uint8Array): Content {
  return body instanceof Uint8Array ? { form: 'bytes', bytes: body.slice() } : { form: 'json', bytes: encoder.encode(messageText(body)) };
}

/** An answer as it arrives. */
export function valueOf({ form, bytes }: Content): Json | Uint8Array {
  return form === 'bytes' ? bytes.slice() : jsonIn(bytes);
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
  const { length } = encoder.encode(text);
  if (length > MAX_EVENT_BYTES) throw new RangeError(`an event of ${length} bytes, ${MAX_EVENT_BYTES} are allowed`);
  return { topic, text };
}
