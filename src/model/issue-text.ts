/** A schema's complaint as one line that can be shown: it quotes what was received, which may be long and hostile. */
import * as v from 'valibot';
import { MAX_TOLD, safeText } from './safe-text.ts';

/** `whole`: what to call a value that is wrong as a whole. */
export function issueText(issue: v.BaseIssue<unknown>, whole: string): string {
  return safeText(`${v.getDotPath(issue) ?? whole}: ${issue.message}`, MAX_TOLD);
}
