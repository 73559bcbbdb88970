/** One line from whoever sits at the terminal. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** What shells say of a command that Ctrl-C has ended. */
export const INTERRUPTED = 130;

/** Whether somebody sits there: sees what is asked, and can answer. */
export function isAttended(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** What became of a question: the line that was typed; `interrupted` by Ctrl-C; null where the input ended, as by Ctrl-D. */
export type Answer = { readonly text: string } | 'interrupted' | null;

/** Asks `text` on standard error. What is typed is not shown where it is `hidden`. */
export async function askLine(text: string, { hidden }: { readonly hidden: boolean }): Promise<Answer> {
  const output = hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr;
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  const givenUp = new AbortController();
  let interrupted = false;
  terminal.once('SIGINT', () => {
    interrupted = true;
    givenUp.abort();
  });
  // Ctrl-D.
  terminal.once('close', () => givenUp.abort());
  if (hidden) process.stderr.write(text);
  try {
    return { text: await terminal.question(hidden ? '' : text, { signal: givenUp.signal }) };
  } catch (thrown) {
    if (!givenUp.signal.aborted) throw thrown;
    return interrupted ? 'interrupted' : null;
  } finally {
    terminal.close();
    // Where all is shown the line has ended already.
    if (hidden) process.stderr.write('\n');
  }
}
