/** Claims: what one node says of another, as it travels and as it is kept. */
import { asInteger, asList, asObject, asText, asWord, field } from '../../sdk/index.ts';
import type { Json, Peer } from '../../sdk/index.ts';

export const STATES = ['alive', 'suspect', 'dead', 'left'] as const;
export type MemberState = (typeof STATES)[number];

export interface Claim extends Peer {
  /** Raised by the member itself, to refute what was said of a lower one. */
  readonly incarnation: number;
  readonly state: MemberState;
}

/** Claims in one message, but for the answer to who knows nobody. */
export const MAX_CLAIMS = 32;
export const MAX_INCARNATION = 2 ** 40;

const ID = /^[0-9a-f]{64}$/;
const ADDRESS = /^[0-9a-f.:[\]]{3,53}$/;
const NAME = /^[a-z0-9.-]*$/;

export function parseId(value: Json | undefined): string {
  return asText(value, "a member's id", { max: 64, form: ID });
}

/** Empty when nobody knows it. */
export function parseName(value: Json | undefined): string {
  return asText(value, "a member's name", { max: 63, form: NAME });
}

export function parseIncarnation(value: Json | undefined): number {
  return asInteger(value, 'an incarnation', { max: MAX_INCARNATION });
}

/** A node as the core names it. A name of another form is left out: the table must always be able to read its own state again. */
export function plainPeer({ id, address, name }: Peer): Peer {
  return parseMember({ id, address, name: name.length <= 63 && NAME.test(name) ? name : '', incarnation: 0 });
}

export function parseMember(value: Json): Omit<Claim, 'state'> {
  const member = asObject(value, 'a member');
  return {
    id: parseId(field(member, 'id')),
    name: parseName(field(member, 'name')),
    address: asText(field(member, 'address'), "a member's address", { max: 53, form: ADDRESS }),
    incarnation: parseIncarnation(field(member, 'incarnation')),
  };
}

function parseClaim(value: Json): Claim {
  const claim = parseMember(value);
  return { ...claim, state: asWord(field(asObject(value, 'a claim'), 'state'), "a member's state", STATES) };
}

export function parseClaims(value: Json | undefined, max: number): Claim[] {
  return asList(value, 'claims', { max }).map(parseClaim);
}

export function claimJson({ id, name, address, incarnation, state }: Claim): { readonly [Key in keyof Claim]: Claim[Key] } {
  return { id, name, address, incarnation, state };
}
