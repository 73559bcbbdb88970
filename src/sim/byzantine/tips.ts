/** Attack B16: a rendezvous node signs tips of what it does not hold, to make others stale, or to keep a freeze from being noticed. */
import type { Random } from '../../sdk/virtual/random.ts';
import type { TipClaim } from '../../trust/tip.ts';
import type { Behaviour } from './byzantine.ts';
import { agree, forgedDigest } from './lies.ts';

/** What the liar tells whoever is not frozen, or of what it makes its numbers. */
export type TipLie = 'another-digest' | 'a-later-root' | 'leaping-numbers';
export const TIP_LIES: readonly TipLie[] = ['another-digest', 'a-later-root', 'leaping-numbers'];

/** More than any root has, and the highest number that a tip may have. */
const LATER_ROOT = 99;
const HIGHEST = 10 ** 15 - 1;

/** To whoever holds just what `frozen` says it confirms that; to all others it lies. */
export function lyingTips(lie: TipLie, frozen: Omit<TipClaim, 'number'>): Behaviour {
  let told = 0;
  return {
    answer: (self, asked) => {
      if (asked.kind !== 'configuration') return { kind: 'unavailable', digest: asked.digest, reason: 'GOSSIP_E_MODULE_ABSENT' };
      told += 1;
      const number = lie === 'leaping-numbers' && told === 1 ? HIGHEST : told;
      const claim = asked.digest === frozen.digest ? frozen : lieTo(asked.digest, lie, frozen.rootVersion, self.random);
      return { ...agree(asked), tips: [self.words.tip({ ...claim, number }).line] };
    },
  };
}

function lieTo(digest: string, lie: TipLie, rootVersion: number, random: Random): Omit<TipClaim, 'number'> {
  if (lie === 'a-later-root') return { digest, rootVersion: LATER_ROOT };
  return { digest: lie === 'another-digest' ? forgedDigest(random) : digest, rootVersion };
}
