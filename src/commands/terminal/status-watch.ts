/** Looks at a cluster again and again: a picture that is redrawn in place on a terminal, elsewhere a line for each change. */
import { setTimeout as pause } from 'node:timers/promises';
import { toGossipError } from '../../model/errors.ts';
import { safeJson, safeText } from '../../model/safe-text.ts';
import { checkOf, unknownCheck } from '../../operator/status/check.ts';
import { pictureOf } from '../../operator/status/picture.ts';
import type { ClusterStatus } from '../../operator/status/status.ts';
import { terminalColumns } from './columns.ts';
import { interruptible } from './interruptible.ts';
import { refreshing } from './refreshing.ts';

/** From the end of a look to the next one. */
const PAUSE_MS = 2_000;

/** A line for each change; where a look fails, why. */
export type WatchLine<StatusJson> = { readonly time: string } & (
  | StatusJson
  | { readonly error: { readonly code: string; readonly message: string } }
);

export interface WatchPrint {
  /** Lines of JSON, also on a terminal. */
  readonly json: boolean;
  readonly line: (line: string) => void;
  /** The picture for a terminal. */
  readonly draw: (status: ClusterStatus) => string;
  readonly toJson: (status: ClusterStatus) => object;
}

/** Until it is interrupted. Fails where the very first look does; later ones that fail are told, and it goes on. */
export async function watchStatus(look: () => Promise<ClusterStatus>, print: WatchPrint, pauseMs = PAUSE_MS): Promise<void> {
  const show = !print.json && terminalColumns(0) > 0 ? await inPlace(print) : lineByLine(print);
  await interruptible(
    async (signal) => {
      const interrupted = new Promise<never>((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
      );
      interrupted.catch(() => undefined);
      for (let looks = 0; ; looks += 1) {
        const seen = await Promise.race([look(), interrupted]).catch((thrown: unknown) => {
          if (looks === 0 || signal.aborted) throw thrown;
          return toGossipError(thrown);
        });
        show.look(seen);
        await pause(pauseMs, undefined, { signal });
      }
    },
    () => undefined,
  ).finally(show.end);
}

interface Shown {
  readonly look: (seen: ClusterStatus | Error) => void;
  readonly end: () => void;
}

async function inPlace({ draw }: WatchPrint): Promise<Shown> {
  const screen = await refreshing();
  let last = '';
  return {
    look: (seen) => {
      if (!(seen instanceof Error)) last = draw(seen);
      const time = new Date().toISOString().slice(11, 19);
      const told = seen instanceof Error ? `${time}  ${safeText(seen.message)}; before that:` : `${time}  Ctrl-C ends`;
      screen.show(`${told}\n${last}`);
    },
    end: () => screen.end(),
  };
}

function lineByLine({ json, line, toJson }: WatchPrint): Shown {
  let before = '';
  return {
    look: (seen) => {
      const picture = seen instanceof Error ? seen.message : pictureOf(seen);
      if (picture === before) return;
      before = picture;
      const time = new Date().toISOString();
      if (seen instanceof Error)
        line(json ? safeJson({ time, ...unknownJson(seen) }) : `${time} ${safeText(unknownCheck(toGossipError(seen)).text)}`);
      else line(json ? safeJson({ time, ...toJson(seen) }) : `${time} ${safeText(checkOf(seen).text)}`);
    },
    end: () => undefined,
  };
}

function unknownJson(seen: Error) {
  const { code, message } = toGossipError(seen);
  return { error: { code, message } };
}
