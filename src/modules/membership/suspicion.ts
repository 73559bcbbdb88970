/** How long a suspicion lasts before it becomes a death (Lifeguard: Dadgar, Phillips, Currey, 2018). */

/** Confirmations that bring the time down to its minimum. */
const EXPECTED_CONFIRMATIONS = 3;
/** News travels at once and so does a refutation: what has to fit is a pause of the member. */
const MIN_ROUNDS = 2;
/** The maximum is this many times the minimum. */
const SPREAD = 6;
/** Where nobody listens at a member's port its process is gone, and no answer can be late. So long a restart may take without being taken for a death. */
export const RESTART_MS = 1_000;

/** Rounds that a suspicion lasts with so many confirmations by others. */
export function suspicionRounds(confirmations: number): number {
  const max = SPREAD * MIN_ROUNDS;
  const share = Math.log(confirmations + 1) / Math.log(EXPECTED_CONFIRMATIONS + 1);
  return Math.max(MIN_ROUNDS, max - (max - MIN_ROUNDS) * share);
}

/** Others that must have failed to reach it too, where so many are alive to be asked. */
export function confirmationsNeeded(othersAlive: number): number {
  return Math.min(2, othersAlive);
}
