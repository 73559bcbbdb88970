/** What members say to each other. Every message tells the sender's own name and incarnation, some of its claims about others, and rumours. */
import { asObject, asWord, field } from '../../sdk/index.ts';
import type { Json, JsonObject } from '../../sdk/index.ts';
import { claimJson, MAX_CLAIMS, parseClaims, parseId, parseIncarnation, parseName } from './claims.ts';
import type { Claim } from './claims.ts';
import { parseRumours, rumoursJson } from './rumour.ts';
import type { Rumour } from './rumour.ts';
import { MAX_MEMBERS } from './table.ts';
import { parseTagged, taggedJson } from './tags.ts';
import type { Tagged } from './tags.ts';

export interface Greeting {
  /** The sender's own: its core may not have told the receiver's yet. */
  readonly name: string;
  readonly incarnation: number;
  /** The sender says goodbye: it answers no more in a moment. */
  readonly leaving?: true;
  readonly claims: readonly Claim[];
  readonly rumours: readonly Rumour[];
  /** Of the sender and of others. */
  readonly tags: readonly Tagged[];
}

export type Request = Greeting &
  (
    | { readonly type: 'probe' }
    /** The sender knows nobody: the answer names everybody. */
    | { readonly type: 'join' }
    /** Asks the receiver to try a third member in the sender's place. */
    | { readonly type: 'reach'; readonly target: string }
    /** The sender leaves. */
    | { readonly type: 'bye' }
  );

/** How a try ended. `unclear`: the peer's core answered for a module that is being replaced, this core declined to send, or nothing was tried. */
export const OUTCOMES = ['reached', 'silent', 'gone', 'unclear'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** `reached` answers a `reach`; `unclear` otherwise. */
export type Answer = Greeting & { readonly reached: Outcome };

export function requestJson(request: Request): JsonObject {
  return { ...request, ...told(request) };
}

export function answerJson(answer: Answer): JsonObject {
  return { ...answer, ...told(answer) };
}

export function parseRequest(body: Json): Request {
  const object = asObject(body, 'a message');
  const type = asWord(field(object, 'type'), 'the type of a message', ['probe', 'join', 'reach', 'bye']);
  const greeting = parseGreeting(object, MAX_CLAIMS);
  return type === 'reach' ? { ...greeting, type, target: parseId(field(object, 'target')) } : { ...greeting, type };
}

/** `everybody`: of the answer to a `join`. */
export function parseAnswer(body: Json, everybody = false): Answer {
  const object = asObject(body, 'an answer');
  const greeting = parseGreeting(object, everybody ? MAX_MEMBERS : MAX_CLAIMS);
  return { ...greeting, reached: asWord(field(object, 'reached'), 'reached', OUTCOMES) };
}

function parseGreeting(object: JsonObject, maxClaims: number): Greeting {
  return {
    name: parseName(field(object, 'name')),
    incarnation: parseIncarnation(field(object, 'incarnation')),
    ...(field(object, 'leaving') === true && { leaving: true }),
    claims: parseClaims(field(object, 'claims'), maxClaims),
    rumours: parseRumours(field(object, 'rumours') ?? []),
    // The version before has none.
    tags: parseTagged(field(object, 'tags') ?? [], MAX_MEMBERS + 1),
  };
}

function told({ claims, rumours, tags }: Greeting): { readonly claims: Json; readonly rumours: Json; readonly tags: Json } {
  return { claims: claims.map(claimJson), rumours: rumoursJson(rumours), tags: tags.map(taggedJson) };
}
