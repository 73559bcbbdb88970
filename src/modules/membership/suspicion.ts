/** How long a suspicion lasts before it becomes a death (Lifeguard: Dadgar, Phillips, Currey, 2018). */

/** Confirmations that bring the time down to its minimum. */
const EXPECTED_CONFIRMATIONS = 3;
/** The maximum is this many times the minimum: ample time for a refutation to come back. */
const SPREAD = 6;

/** Rounds that the suspicion of one of `members` lasts with so many confirmations by others. */
export function suspicionRounds(members: number, confirmations: number): number {
  const min = Math.max(3, 4 * Math.log10(Math.max(2, members)));
  const max = SPREAD * min;
  const share = Math.log(confirmations + 1) / Math.log(EXPECTED_CONFIRMATIONS + 1);
  return Math.ceil(Math.max(min, max - (max - min) * share));
}

/** Others that must have failed to reach it too, where so many are alive to be asked. */
export function confirmationsNeeded(othersAlive: number): number {
  return Math.min(2, othersAlive);
}
