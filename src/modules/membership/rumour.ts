/** Rumours: what members pass on at once, so that everybody tries a doubted one himself. They are nobody's evidence. */
import { asList, asObject, asWord, field } from '../../sdk/index.ts';
import type { Json, JsonObject } from '../../sdk/index.ts';
import { parseId, parseIncarnation } from './claims.ts';

const WHAT = ['gone', 'silent', 'left'] as const;

export interface Rumour {
  readonly id: string;
  readonly incarnation: number;
  /** `gone`: nobody listens at its port; `silent`: it does not answer; `left`: it said goodbye. */
  readonly what: (typeof WHAT)[number];
}

/** Rumours in one message. */
export const MAX_RUMOURS = 16;

export function parseRumours(value: Json): Rumour[] {
  return asList(value, 'rumours', { max: MAX_RUMOURS }).map(parseRumour);
}

export function rumoursJson(rumours: readonly Rumour[]): Json {
  return rumours.map(({ id, incarnation, what }) => ({ id, incarnation, what }));
}

function parseRumour(value: Json): Rumour {
  const rumour: JsonObject = asObject(value, 'a rumour');
  return {
    id: parseId(field(rumour, 'id')),
    incarnation: parseIncarnation(field(rumour, 'incarnation')),
    what: asWord(field(rumour, 'what'), 'what a rumour says', WHAT),
  };
}
