/** The state as it is handed over: version 2, and how version 1 is read. */
import { asInteger, asList, asObject, asWord, BadInput, field, parseState } from '../../sdk/index.ts';
import type { Json } from '../../sdk/index.ts';
import { claimJson, parseIncarnation, parseMember, STATES } from './claims.ts';
import type { Member } from './entry.ts';
import { MAX_MEMBERS } from './table.ts';
import { parseTagged, taggedJson } from './tags.ts';
import type { Tagged } from './tags.ts';

export interface Snapshot {
  /** This node's own; null where the older form did not tell. */
  readonly incarnation: number | null;
  /** The core's run in which it was taken; null where that was not told. */
  readonly run: number | null;
  readonly members: readonly Member[];
  /** Of this node and of members; none in a state of before. */
  readonly tags: readonly Tagged[];
}

const MAX_TIME = Number.MAX_SAFE_INTEGER;

export function writeSnapshot({ incarnation, run, members, tags }: Snapshot): string {
  const sorted = members.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return JSON.stringify({
    version: 2,
    incarnation,
    run,
    members: sorted.map((kept) => ({ ...claimJson(kept), since: kept.since, proven: kept.proven })),
    tags: tags.map(taggedJson),
  });
}

/** Version 1 had neither states nor times: its members count as alive since `now`, until they fail. */
export function readSnapshot(text: string, now: number): Snapshot {
  const { version, state } = parseState(text, [1, 2]);
  const entries = asList(field(state, 'members'), "the state's members", { max: MAX_MEMBERS + 1 });
  const members = entries.map((entry) => (version === 1 ? oldMember(entry, now) : member(entry)));
  if (new Set(members.map(({ id }) => id)).size < members.length) throw new BadInput('the state lists a member twice');
  const run = field(state, 'run') ?? null;
  return {
    incarnation: version === 1 ? null : parseIncarnation(field(state, 'incarnation')),
    run: run === null ? null : parseIncarnation(run),
    members,
    tags: parseTagged(field(state, 'tags') ?? [], MAX_MEMBERS + 1),
  };
}

function oldMember(value: Json, now: number): Member {
  return { ...parseMember(value), state: 'alive', since: now, proven: false };
}

function member(value: Json): Member {
  const object = asObject(value, 'a member');
  return {
    ...parseMember(value),
    state: asWord(field(object, 'state'), "a member's state", STATES),
    since: asInteger(field(object, 'since'), "a member's since", { min: -MAX_TIME, max: MAX_TIME }),
    proven: field(object, 'proven') === true,
  };
}
