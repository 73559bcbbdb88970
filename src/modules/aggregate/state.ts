/** The state as it is handed over: the epoch under way with all its mass, and the last finished one's result. */
import { asInteger, asList, asNumber, asObject, asText, field, parseState } from '../../sdk/index.ts';
import type { Json, JsonObject, Peer } from '../../sdk/index.ts';
import { Epoch, MAX_TAKEN } from './epoch.ts';
import type { Estimate, Push } from './epoch.ts';
import { parseExtrema, parseHeldMass } from './mass.ts';
import { parseValue } from './requests.ts';
import { MAX_PUSH_ID, parseEpoch, pushJson } from './messages.ts';

export interface Pending {
  readonly to: Peer;
  readonly push: Push;
}

export interface Snapshot {
  readonly epoch: Epoch;
  readonly pending: readonly Pending[];
  /** Of the last epoch that went on long enough. */
  readonly result: Estimate | null;
  /** The value that an application has set; null where none was, and in states of version 1.0. */
  readonly set: number | null;
}

/** Pushes of which it is not known whether they arrived. */
export const MAX_PENDING = 8;
const MAX_ROUNDS = 1e9;

export function writeSnapshot({ epoch, pending, result, set }: Snapshot): string {
  return JSON.stringify({
    version: 1,
    epoch: epoch.number,
    rounds: epoch.rounds,
    mass: epoch.mass,
    ...epoch.extrema,
    taken: epoch.taken,
    pending: pending.map(({ to, push }) => ({ to: { id: to.id, address: to.address, name: to.name }, push: pushJson(push) })),
    result,
    set,
  });
}

export function readSnapshot(text: string): Snapshot {
  const { state } = parseState(text, [1]);
  const taken = asList(field(state, 'taken'), "the state's taken", { max: MAX_TAKEN });
  const epoch = new Epoch(parseEpoch(state), {
    mass: parseHeldMass(field(state, 'mass')),
    extrema: parseExtrema(state),
    taken: taken.map((id) => asInteger(id, 'the id of a push', { max: MAX_PUSH_ID })),
  });
  epoch.rounds = asInteger(field(state, 'rounds'), "the state's rounds", { max: MAX_ROUNDS });
  const pending = asList(field(state, 'pending'), "the state's pending", { max: MAX_PENDING }).map(parsePending);
  const result = field(state, 'result') ?? null;
  const set = field(state, 'set') ?? null;
  return {
    epoch,
    pending,
    set: set === null ? null : parseValue(set, "the state's set"),
    result: result === null ? null : parseResult(asObject(result, "the state's result")),
  };
}

function parsePending(value: Json): Pending {
  const object = asObject(value, 'a pending push');
  const to = asObject(field(object, 'to'), 'a peer');
  const push = asObject(field(object, 'push'), 'a push');
  return {
    to: {
      id: asText(field(to, 'id'), "a peer's id", { max: 64 }),
      address: asText(field(to, 'address'), "a peer's address", { max: 53 }),
      name: asText(field(to, 'name'), "a peer's name", { max: 63 }),
    },
    push: {
      id: asInteger(field(push, 'id'), 'the id of a push', { max: MAX_PUSH_ID }),
      mass: parseHeldMass(field(push, 'mass')),
    },
  };
}

function parseResult(result: JsonObject): Estimate {
  const number = (key: string): number => asNumber(field(result, key), `the result's ${key}`, { max: Number.MAX_VALUE });
  return { count: number('count'), mean: number('mean'), sum: number('sum'), min: number('min'), max: number('max') };
}
