/** Waiting for what is to come, without sleeping longer than it takes. */

const POLL_MS = 100;

/** Waits for a condition: the first answer that is neither undefined nor false. */
export async function until<Answer>(
  what: string,
  probe: () => Promise<Answer | undefined | false>,
  { deadlineMs = 120_000, now = () => performance.now() } = {},
): Promise<Answer> {
  const end = now() + deadlineMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (now() > end) throw new Error(`within ${deadlineMs} ms it did not come to be that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
