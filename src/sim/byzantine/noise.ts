/** Byzantine nodes that do not lie: one says nothing, one says too much, one says all things twice. */
import type { Letter } from '../world/letters.ts';
import type { Behaviour } from './byzantine.ts';
import { forgedDigest } from './lies.ts';

/** What a flooder sends in a round. */
const FLOOD = 50;
/** What a replayer keeps, and sends again in a round. */
const KEPT_LETTERS = 256;
const REPLAYED = 10;

/** Takes everything and says nothing. */
export const silent: Behaviour = {};

/** Asks, and asks, and asks. */
export const flooder: Behaviour = {
  act: (self) => {
    for (let sent = 0; sent < FLOOD; sent += 1) {
      const [to] = self.targets(1);
      if (to === undefined) return;
      self.tell(to, { kind: 'configuration', digest: forgedDigest(self.random), summary: [], records: [], peers: [] });
    }
  },
};

/** Sends again, to anybody, what it was sent at any time before. */
export function replayer(): Behaviour {
  const overheard: Letter[] = [];
  return {
    overhear: (self, letter) => {
      if (overheard.length < KEPT_LETTERS) overheard.push(letter);
      else overheard[self.random.below(KEPT_LETTERS)] = letter;
    },
    act: (self) => {
      for (const to of self.targets(REPLAYED)) {
        const letter = self.random.pick(overheard);
        if (letter !== undefined) self.drop(to, letter);
      }
    },
  };
}
