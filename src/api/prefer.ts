/** How long an asker would wait for its answer, as it says in a `prefer` header (RFC 7240, section 4.3). */

const WAIT = /^wait=(\d{1,4})$/;
const MS_PER_S = 1_000;

export function formatWait(ms: number): string {
  return `wait=${Math.round(ms / MS_PER_S)}`;
}

/** Milliseconds; null where nothing is said, or nothing that is understood: a preference may be ignored. */
export function parseWait(header: string | undefined): number | null {
  const seconds = WAIT.exec(header ?? '')?.[1];
  return seconds === undefined ? null : Number(seconds) * MS_PER_S;
}
