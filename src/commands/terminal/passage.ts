/** Shows the progress of a code transfer: continuously on a terminal, with an occasional line elsewhere. */
import { arrivalText, isSent, passageText } from '../../operator/deploy/passage.ts';
import type { Passage } from '../../operator/deploy/passage.ts';
import type { NodeAddress } from '../../operator/client/client.ts';
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
  let last: Passage | null = null;
  const stopLines = isTerminal ? () => undefined : sparseLines(speaker.remark, () => last && textOf(last));
  const onPassage = (passage: Passage): void => {
    last = passage;
    progress.update(textOf(passage));
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
    stopLines();
  }
}

/** Says now and then how it stands, also while nothing moves. The answer ends it. */
export function sparseLines(say: (text: string) => void, textNow: () => string | null): () => void {
  const timer = setInterval(() => {
    const text = textNow();
    if (text !== null) say(text);
  }, LINE_MS);
  return () => clearInterval(timer);
}

function textOf(passage: Passage): string {
  return isSent(passage) ? arrivalText(passage) : passageText(passage);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
