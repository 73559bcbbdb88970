/**
 * What applications ask of membership, each an object with `op`: `{ op: 'list', state? }` and `{ op: 'get', id }` or `{ op: 'get', name }`. They can watch who
 * joins (`join`), leaves in order (`leave`), fails (`fail`), is doubted (`suspect`), and was doubted without cause (`alive`).
 */
import { asObject, asWord, BadInput, field } from '../../sdk/index.ts';
import type { Json, JsonObject } from '../../sdk/index.ts';
import { parseId, parseName, STATES } from './claims.ts';
import type { MemberState } from './claims.ts';
import type { Entry } from './entry.ts';

type AppRequest =
  | { readonly op: 'list'; readonly state: MemberState | null }
  | { readonly op: 'get'; readonly by: 'id' | 'name'; readonly text: string };

const FIELDS = { list: ['op', 'state'], get: ['op', 'id', 'name'] } as const;

export function parseAppRequest(body: Json): AppRequest {
  const request = asObject(body, 'a request');
  const op = asWord(field(request, 'op'), "a request's op", ['list', 'get']);
  const known: readonly string[] = FIELDS[op];
  const unknown = Object.keys(request).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new BadInput(`'${unknown.slice(0, 64)}' is no field of ${op}; it takes ${known.join(', ')}`);
  if (op === 'list') {
    const state = field(request, 'state') ?? null;
    return { op, state: state === null ? null : asWord(state, 'state', STATES) };
  }
  const [id, name] = [field(request, 'id'), field(request, 'name')];
  if ((id === undefined) === (name === undefined)) throw new BadInput('get needs the id of a member, or its name');
  return id === undefined ? { op, by: 'name', text: parseName(name) } : { op, by: 'id', text: parseId(id) };
}

/** `members`: all who are known, this node among them, as `inspect` shows them. */
export function answerRequest(request: AppRequest, members: readonly JsonObject[]): Json {
  if (request.op === 'list') return { members: members.filter(({ state }) => request.state === null || state === request.state) };
  // Of two nodes with one name, the one that is alive.
  const found = members.filter((member) => member[request.by] === request.text);
  return { member: found.find(({ state }) => state === 'alive') ?? found[0] ?? null };
}

/** What those that watch are told when a member's state changes; `before`: null for one that is new here. */
export function changeJson({ id, name, address, incarnation, state }: Readonly<Entry>, before: MemberState | null): JsonObject {
  return { event: eventOf(state, before), member: { id, name, address, incarnation, state } };
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
