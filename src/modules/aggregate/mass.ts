/**
 * What is averaged (push-sum: Kempe, Dobra, Gehrke, 2003). Over all nodes the sums and the weights stay what they were,
 * however they are split and moved; so sum / weight tends to the mean everywhere.
 *
 * The count comes from a token: of the token with the lowest lot there is 1 in the whole cluster, and of weight 1 per node,
 * so weight / token tends to the number of nodes. Each node begins with a token of its own; lower lots displace higher.
 */
import { asNumber, asObject, field } from '../../sdk/index.ts';
import type { Json, JsonObject } from '../../sdk/index.ts';

export interface Mass {
  readonly sum: number;
  readonly weight: number;
  /** Whose token it is: a number drawn at the start of the epoch, in [0, 1). */
  readonly lot: number;
  readonly token: number;
}

export interface Extrema {
  readonly min: number;
  readonly max: number;
}

/** Largest number a node may contribute. */
export const MAX_VALUE = 1e15;
/** Bounds of what one node can come to hold of weight, and of sum. */
const MAX_WEIGHT = 1e6;
const MAX_SUM = MAX_VALUE * MAX_WEIGHT;
/** What was pushed and came back may lie on top. */
const HELD = 16;

export function half({ sum, weight, lot, token }: Mass): Mass {
  return { sum: sum / 2, weight: weight / 2, lot, token: token / 2 };
}

export function add(a: Mass, b: Mass): Mass {
  const low = a.lot <= b.lot ? a : b;
  const token = a.lot === b.lot ? a.token + b.token : low.token;
  return { sum: a.sum + b.sum, weight: a.weight + b.weight, lot: low.lot, token };
}

export function widen(a: Extrema, b: Extrema): Extrema {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

export function isBounded({ sum, weight, token }: Mass): boolean {
  return Math.abs(sum) <= MAX_SUM && weight <= MAX_WEIGHT && token <= MAX_WEIGHT;
}

/** A mass in a message. */
export function parseMass(value: Json | undefined): Mass {
  return readMass(value, 1);
}

/** A mass in a state. */
export function parseHeldMass(value: Json | undefined): Mass {
  return readMass(value, HELD);
}

function readMass(value: Json | undefined, times: number): Mass {
  const mass = asObject(value, 'a mass');
  return {
    sum: asNumber(field(mass, 'sum'), 'a sum', { min: -MAX_SUM * times, max: MAX_SUM * times }),
    weight: asNumber(field(mass, 'weight'), 'a weight', { min: 0, max: MAX_WEIGHT * times }),
    lot: asNumber(field(mass, 'lot'), 'a lot', { min: 0, max: 1 }),
    token: asNumber(field(mass, 'token'), 'a token', { min: 0, max: MAX_WEIGHT * times }),
  };
}

export function parseExtrema(object: JsonObject): Extrema {
  const bounds = { min: -MAX_VALUE, max: MAX_VALUE };
  return { min: asNumber(field(object, 'min'), 'a minimum', bounds), max: asNumber(field(object, 'max'), 'a maximum', bounds) };
}
