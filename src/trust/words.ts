/** What a node signs with its own key, and how it reads what others have signed so. */
import type { ClusterId } from '../model/names.ts';
import { makeFarewell, makeReturn, readFarewell, readReturn } from './farewell.ts';
import type { Farewell, Return } from './farewell.ts';
import type { PrivateKey } from './keys.ts';
import { makeTip, readTip } from './tip.ts';
import type { Tip, TipClaim } from './tip.ts';

export interface Words {
  /** This node's own, of its present start. */
  farewell(): Farewell;
  /** Null for whatever no node of this cluster has signed. */
  readFarewell(line: string): Farewell | null;
  /** This node's own, of its present start. */
  return(): Return;
  readReturn(line: string): Return | null;
  tip(claim: TipClaim): Tip;
  readTip(line: string): Tip | null;
}

/** `wall`: milliseconds since 1970, which tips show. */
export function wordsOf(cluster: ClusterId, incarnation: number, key: PrivateKey, wall: () => number): Words {
  return {
    farewell: () => makeFarewell(cluster, incarnation, key),
    readFarewell: (line) => readFarewell(cluster, line),
    return: () => makeReturn(cluster, incarnation, key),
    readReturn: (line) => readReturn(cluster, line),
    tip: (claim) => makeTip(cluster, { ...claim, start: incarnation, time: Math.max(0, Math.round(wall())) }, key),
    readTip: (line) => readTip(cluster, line),
  };
}
