/** How long an answer with pieces may take once it has begun. A deadline is for silence (decision 27): slow links are slow, and a source that dawdles holds up nobody. */

/** Slowest answer: a sixteenth of the slowest link that nodes are meant for, 64 kbit/s, which it may have to share. */
export const MIN_PIECE_BYTES_PER_SECOND = 512;
/** Beside its bytes at that rate. */
const ANSWER_MS = 5_000;
const MS_PER_S = 1_000;

/** From its first byte to the last, for so many bytes of pieces. */
export function longestAnswerMs(bytes: number): number {
  return ANSWER_MS + (bytes * MS_PER_S) / MIN_PIECE_BYTES_PER_SECOND;
}
