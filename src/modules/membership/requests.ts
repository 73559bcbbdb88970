/**
 * What applications ask of membership, each an object with `op`: `{ op: 'list', state?, tags? }`, `{ op: 'get', id }` or `{ op: 'get', name }`, and for the tags of this
 * node `{ op: 'tag', set?, remove? }`. They can watch who joins (`join`), leaves in order (`leave`), fails (`fail`), is doubted (`suspect`), was doubted without
 * cause (`alive`), and has other tags (`tags`).
 */
import { asList, asObject, asWord, BadInput, field } from '../../sdk/index.ts';
import type { Json, JsonObject } from '../../sdk/index.ts';
import { parseId, parseName, STATES } from './claims.ts';
import type { MemberState } from './claims.ts';
import type { Entry } from './entry.ts';
import { holdsTags, MAX_TAGS, parseTagName, parseTags } from './tags.ts';
import type { TagSet } from './tags.ts';

/** A member as it is shown; `tags` where it has any. */
export type Shown = JsonObject & { readonly tags?: TagSet };

type AppRequest =
  | { readonly op: 'list'; readonly state: MemberState | null; readonly tags: TagSet }
  | { readonly op: 'get'; readonly by: 'id' | 'name'; readonly text: string }
  | { readonly op: 'tag'; readonly set: TagSet; readonly remove: readonly string[] };

const FIELDS = { list: ['op', 'state', 'tags'], get: ['op', 'id', 'name'], tag: ['op', 'set', 'remove'] } as const;

export function parseAppRequest(body: Json): AppRequest {
  const request = asObject(body, 'a request');
  const op = asWord(field(request, 'op'), "a request's op", ['list', 'get', 'tag']);
  const known: readonly string[] = FIELDS[op];
  const unknown = Object.keys(request).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new BadInput(`'${unknown.slice(0, 64)}' is no field of ${op}; it takes ${known.join(', ')}`);
  if (op === 'list') {
    const state = field(request, 'state') ?? null;
    return { op, state: state === null ? null : asWord(state, 'state', STATES), tags: parseTags(field(request, 'tags') ?? {}, 'tags') };
  }
  if (op === 'tag') return tagRequest(field(request, 'set'), field(request, 'remove'));
  const [id, name] = [field(request, 'id'), field(request, 'name')];
  if ((id === undefined) === (name === undefined)) throw new BadInput('get needs the id of a member, or its name');
  return id === undefined ? { op, by: 'name', text: parseName(name) } : { op, by: 'id', text: parseId(id) };
}

function tagRequest(set: Json | undefined, remove: Json | undefined): Extract<AppRequest, { op: 'tag' }> {
  if (set === undefined && remove === undefined) throw new BadInput('tag needs tags to set, or names to remove');
  const names = asList(remove ?? [], 'remove', { max: MAX_TAGS }).map(parseTagName);
  return { op: 'tag', set: parseTags(set ?? {}, 'set'), remove: names };
}

/** `members`: all who are known, this node among them, as `inspect` shows them. */
export function answerRequest(request: Exclude<AppRequest, { op: 'tag' }>, members: readonly Shown[]): Json {
  if (request.op === 'list') {
    const isWanted = ({ state, tags }: Shown) => (request.state === null || state === request.state) && holdsTags(tags ?? {}, request.tags);
    return { members: members.filter(isWanted) };
  }
  // Of two nodes with one name, the one that is alive.
  const found = members.filter((member) => member[request.by] === request.text);
  return { member: found.find(({ state }) => state === 'alive') ?? found[0] ?? null };
}

/** What those that watch are told when a member's state changes; `before`: null for one that is new here. */
export function changeJson(
  { id, name, address, incarnation, state }: Readonly<Entry>,
  before: MemberState | null,
  tags: TagSet,
): JsonObject {
  return { event: eventOf(state, before), member: { id, name, address, incarnation, state, ...shownTags(tags) } };
}

export function shownTags(tags: TagSet): { readonly tags?: TagSet } {
  return Object.keys(tags).length === 0 ? {} : { tags };
}

function eventOf(state: MemberState, before: MemberState | null): string {
  switch (state) {
    case 'alive':
      return before === 'suspect' ? 'alive' : 'join';
    case 'suspect':
      return 'suspect';
    case 'dead':
      return 'fail';
    case 'left':
      return 'leave';
  }
}
