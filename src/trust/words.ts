/** What a node signs with its own key, and how it reads what others have signed so. */
import type { ClusterId } from '../model/names.ts';
import { makeFarewell, readFarewell } from './farewell.ts';
import type { Farewell } from './farewell.ts';
import type { PrivateKey } from './keys.ts';

export interface Words {
  /** This node's own, of its present start. */
  farewell(): Farewell;
  /** Null for whatever no node of this cluster has signed. */
  readFarewell(line: string): Farewell | null;
}

export function wordsOf(cluster: ClusterId, incarnation: number, key: PrivateKey): Words {
  return {
    farewell: () => makeFarewell(cluster, incarnation, key),
    readFarewell: (line) => readFarewell(cluster, line),
  };
}
