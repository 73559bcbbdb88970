/**
 * A farewell: a node says that it leaves, in this start of its. A return: it says that it is there again, in a later one, and so takes back what it said in all starts
 * before. Signed, so that nobody else can say it and everybody can pass it on; and of one incarnation, so that of two the later one is known.
 */
import type { ClusterId, NodeId } from '../model/names.ts';
import type { PrivateKey } from './keys.ts';
import { readOwnWord, sayOwnWord } from './own-word.ts';

const FAREWELL = 'gossip/farewell/1';
const RETURN = 'gossip/return/1';
const INCARNATION = /^[1-9]\d{0,14}$/;

export interface WordOfStart {
  readonly id: NodeId;
  /** Of a farewell: the start that ends. Of a return: the one that has begun. */
  readonly incarnation: number;
  /** As it is passed on. */
  readonly line: string;
}

export type Farewell = WordOfStart;
export type Return = WordOfStart;

export function makeFarewell(cluster: ClusterId, incarnation: number, key: PrivateKey): Farewell {
  return say(FAREWELL, cluster, incarnation, key);
}

/** Null for whatever is no farewell of this cluster, signed by the node itself. */
export function readFarewell(cluster: ClusterId, line: string): Farewell | null {
  return read(FAREWELL, cluster, line);
}

export function makeReturn(cluster: ClusterId, incarnation: number, key: PrivateKey): Return {
  return say(RETURN, cluster, incarnation, key);
}

/** Null for whatever is no return of this cluster, signed by the node itself. */
export function readReturn(cluster: ClusterId, line: string): Return | null {
  return read(RETURN, cluster, line);
}

function say(kind: string, cluster: ClusterId, incarnation: number, key: PrivateKey): WordOfStart {
  return { id: key.keyid as NodeId, incarnation, line: sayOwnWord(kind, cluster, String(incarnation), key) };
}

function read(kind: string, cluster: ClusterId, line: string): WordOfStart | null {
  const word = readOwnWord(kind, cluster, line);
  if (word === null || !INCARNATION.test(word.said)) return null;
  return { id: word.id, incarnation: Number(word.said), line };
}
