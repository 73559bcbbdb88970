/** One question to the server of the page. */
import type { RefusedAnswer } from '../wire.ts';

/** Whatever goes wrong is an answer, too: it is shown where the other would be. */
export async function ask<Answer>(what: string, parameters: Readonly<Record<string, string>>): Promise<Answer | RefusedAnswer> {
  try {
    const answer = await fetch(`api/${what}?${new URLSearchParams(parameters).toString()}`, { headers: { accept: 'application/json' } });
    return (await answer.json()) as Answer | RefusedAnswer;
  } catch {
    return { error: { code: 'GOSSIP_E_UNREACHABLE', message: "'gossip dashboard' does not answer; has it ended?" } };
  }
}
