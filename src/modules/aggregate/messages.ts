/** What aggregates say to each other: a push, and whether it was taken. */
import { asBoolean, asInteger, asObject, field } from '../../sdk/index.ts';
import type { Json, JsonObject } from '../../sdk/index.ts';
import type { Push } from './epoch.ts';
import { parseExtrema, parseMass } from './mass.ts';
import type { Extrema } from './mass.ts';

export interface Request extends Extrema {
  readonly epoch: number;
  readonly push: Push;
}

export interface Answer extends Extrema {
  /** The answerer's. */
  readonly epoch: number;
  /** False: nothing of the push was or will be taken. */
  readonly taken: boolean;
}

export const MAX_EPOCH = 2 ** 40;
export const MAX_PUSH_ID = 2 ** 48;

export function requestJson({ epoch, push, min, max }: Request): JsonObject {
  return { epoch, min, max, push: pushJson(push) };
}

export function answerJson({ epoch, taken, min, max }: Answer): JsonObject {
  return { epoch, taken, min, max };
}

export function pushJson({ id, mass }: Push): JsonObject {
  return { id, mass: { ...mass } };
}

export function parseRequest(body: Json): Request {
  const object = asObject(body, 'a message');
  return { epoch: parseEpoch(object), push: parsePush(field(object, 'push')), ...parseExtrema(object) };
}

export function parseAnswer(body: Json): Answer {
  const object = asObject(body, 'an answer');
  return { epoch: parseEpoch(object), taken: asBoolean(field(object, 'taken'), 'taken'), ...parseExtrema(object) };
}

function parsePush(value: Json | undefined): Push {
  const push = asObject(value, 'a push');
  return { id: asInteger(field(push, 'id'), 'the id of a push', { max: MAX_PUSH_ID }), mass: parseMass(field(push, 'mass')) };
}

export function parseEpoch(object: JsonObject): number {
  return asInteger(field(object, 'epoch'), 'an epoch', { max: MAX_EPOCH });
}
