/**
 * A farewell: a node says that it leaves, in this start of its. Signed, so that nobody else can say it and everybody can pass it on; and it is of one
 * incarnation, so that it says nothing of the node once that has started again.
 */
import type { ClusterId, NodeId } from '../model/names.ts';
import type { PrivateKey } from './keys.ts';
import { readOwnWord, sayOwnWord } from './own-word.ts';

const KIND = 'gossip/farewell/1';
const INCARNATION = /^[1-9]\d{0,14}$/;

export interface Farewell {
  readonly id: NodeId;
  /** The start that ends. */
  readonly incarnation: number;
  /** As it is passed on. */
  readonly line: string;
}

export function makeFarewell(cluster: ClusterId, incarnation: number, key: PrivateKey): Farewell {
  return { id: key.keyid as NodeId, incarnation, line: sayOwnWord(KIND, cluster, String(incarnation), key) };
}

/** Null for whatever is no farewell of this cluster, signed by the node itself. */
export function readFarewell(cluster: ClusterId, line: string): Farewell | null {
  const word = readOwnWord(KIND, cluster, line);
  if (word === null || !INCARNATION.test(word.said)) return null;
  return { id: word.id, incarnation: Number(word.said), line };
}
