/**
 * A tip: what a rendezvous node holds, signed now and then, so that whoever is shown nothing new can tell rest from a freeze (attack A4). Tips of one node are ordered by
 * the number of its start and a number that rises within it; the time is shown to people, and nothing else follows from it (law 7).
 */
import { MAX_TIME } from '../model/deployment-number.ts';
import type { ClusterId, NodeId } from '../model/names.ts';
import type { PrivateKey } from './keys.ts';
import { readOwnWord, sayOwnWord } from './own-word.ts';

const KIND = 'gossip/tip/1';
const SAID = /^([1-9]\d{0,14})\.(\d{1,15})\.([1-9]\d{0,12})\.([A-Za-z0-9_-]{22})\.(\d{1,16})$/;

/** What a node says of itself in a tip. */
export interface TipClaim {
  /** Rises with each tip of one start. */
  readonly number: number;
  /** Of the root that it holds. */
  readonly rootVersion: number;
  /** Of its configuration. */
  readonly digest: string;
}

export interface Tip extends TipClaim {
  readonly id: NodeId;
  /** Its incarnation. */
  readonly start: number;
  /** Milliseconds since 1970 by its clock. */
  readonly time: number;
  /** As it is passed on. */
  readonly line: string;
}

export function makeTip(
  cluster: ClusterId,
  { start, time, ...claim }: TipClaim & { readonly start: number; readonly time: number },
  key: PrivateKey,
): Tip {
  const { number, rootVersion, digest } = claim;
  const line = sayOwnWord(KIND, cluster, `${start}.${number}.${rootVersion}.${digest}.${time}`, key);
  return { id: key.keyid as NodeId, start, time, ...claim, line };
}

/** Null for whatever is no tip of this cluster, signed by the node itself. */
export function readTip(cluster: ClusterId, line: string): Tip | null {
  const word = readOwnWord(KIND, cluster, line);
  const [, start, number, rootVersion, digest = '', time] = SAID.exec(word?.said ?? '') ?? [];
  if (word === null || digest === '' || Number(time) > MAX_TIME) return null;
  return { id: word.id, start: Number(start), number: Number(number), rootVersion: Number(rootVersion), digest, time: Number(time), line };
}

export function isNewer(tip: Pick<Tip, 'start' | 'number'>, known: Pick<Tip, 'start' | 'number'>): boolean {
  return tip.start > known.start || (tip.start === known.start && tip.number > known.number);
}
