/** Tells how far code has come: on a terminal all the time, elsewhere with a line now and then. */
import { arrivalText, isSent, passageText } from '../../operator/passage.ts';
import type { Passage } from '../../operator/passage.ts';
import type { NodeAddress } from '../../operator/client.ts';
import { terminalColumns } from './columns.ts';
import type { Speaker } from './speaker.ts';
import { interruptible } from './interruptible.ts';
import { startProgress } from './progress.ts';

/** Between two lines where no terminal is. What is over sooner says nothing. */
const LINE_MS = 10_000;

/** Runs `act`, which brings something to `node` and tells how far it has come. An interrupt ends it, and says what becomes of what was sent. */
export async function withPassage<Result>(
  speaker: Speaker,
  node: NodeAddress,
  act: (onPassage: (passage: Passage) => void) => Promise<Result>,
): Promise<Result> {
  const to = node.name || node.address;
  const isTerminal = terminalColumns(0, process.stderr) > 0;
  const progress = await startProgress(`Bringing it to ${to}`, speaker.json);
  const line = sparseLines(speaker.remark);
  let last: Passage | null = null;
  const onPassage = (passage: Passage): void => {
    last = passage;
    const text = isSent(passage) ? arrivalText(passage) : passageText(passage);
    if (isTerminal) progress.update(text);
    else line(text);
  };
  const brokenOff = (): void => {
    progress.stop();
    if (speaker.json) speaker.logJson({ outcome: 'interrupted', node: to, sentBytes: last?.sent ?? 0, bytes: last?.total ?? null });
    if (last === null) speaker.remark(`Broken off before ${to} acknowledged it.`);
    else speaker.remark(`Broken off ${passageText(last)}. The same command goes on with large files where this one stopped.`);
  };
  try {
    return await interruptible((signal) => Promise.race([act(onPassage), aborted(signal)]), brokenOff);
  } finally {
    progress.stop();
  }
}

/** Says a text, unless it said one a moment ago. */
export function sparseLines(say: (text: string) => void, now: () => number = () => performance.now()): (text: string) => void {
  let next = now() + LINE_MS;
  return (text) => {
    if (now() < next) return;
    next = now() + LINE_MS;
    say(text);
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
