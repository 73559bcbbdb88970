/** What members say to each other. Every message tells the sender's own name and incarnation, and some of its claims about others. */
import { asBoolean, asObject, asWord, field } from '../../sdk/index.ts';
import type { Json, JsonObject } from '../../sdk/index.ts';
import { claimJson, parseClaims, parseId, parseIncarnation, parseName } from './claims.ts';
import type { Claim } from './claims.ts';

export interface Greeting {
  /** The sender's own: its core may not have told the receiver's yet. */
  readonly name: string;
  readonly incarnation: number;
  readonly claims: readonly Claim[];
}

export type Request = Greeting &
  (
    | { readonly type: 'probe' }
    /** Asks the receiver to try a third member in the sender's place. */
    | { readonly type: 'reach'; readonly target: string }
    /** The sender leaves. */
    | { readonly type: 'bye' }
  );

/** `reached` answers a `reach`; false otherwise. */
export type Answer = Greeting & { readonly reached: boolean };

export function requestJson(request: Request): JsonObject {
  return { ...request, claims: request.claims.map(claimJson) };
}

export function answerJson(answer: Answer): JsonObject {
  return { ...answer, claims: answer.claims.map(claimJson) };
}

export function parseRequest(body: Json): Request {
  const object = asObject(body, 'a message');
  const type = asWord(field(object, 'type'), 'the type of a message', ['probe', 'reach', 'bye']);
  const greeting = parseGreeting(object);
  return type === 'reach' ? { ...greeting, type, target: parseId(field(object, 'target')) } : { ...greeting, type };
}

export function parseAnswer(body: Json): Answer {
  const object = asObject(body, 'an answer');
  return { ...parseGreeting(object), reached: asBoolean(field(object, 'reached'), 'reached') };
}

function parseGreeting(object: JsonObject): Greeting {
  return {
    name: parseName(field(object, 'name')),
    incarnation: parseIncarnation(field(object, 'incarnation')),
    claims: parseClaims(field(object, 'claims')),
  };
}
