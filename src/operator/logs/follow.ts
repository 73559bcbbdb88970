/** The logs of one node, over breaks: a restart of the node, a link that fails, a reader that rests. It goes on after the last record that was told. */
import { setTimeout as pause } from 'node:timers/promises';
import { parseLogPlace } from '../../api/logs.ts';
import type { LogPlace, LogQuestion, LogRecord } from '../../api/logs.ts';
import { GossipError } from '../../model/errors.ts';
import type { ErrorCode } from '../../model/errors.ts';
import type { NodeAddress } from '../client/client.ts';
import type { LogAccess } from './access.ts';

/** A record of a node, or how many are missing there (null: nobody knows). */
export type NodeLine =
  | { readonly node: NodeAddress; readonly record: LogRecord }
  | { readonly node: NodeAddress; readonly lost: number | null };

export interface Following {
  readonly api: LogAccess;
  readonly node: NodeAddress;
  readonly question: LogQuestion;
  readonly signal: AbortSignal;
  /** Told of each break, before it is tried anew. */
  readonly onBreak: (node: NodeAddress, why: GossipError) => void;
  /** Told where the node stood when all before was told. */
  readonly onTold?: (at: LogPlace) => void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** Tries without a word in between, where the answer has an end. */
const TRIES = 3;
/** What a later try may not meet any more. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'GOSSIP_E_UNREACHABLE',
  'GOSSIP_E_NOT_LISTENING',
  'GOSSIP_E_TIMEOUT',
  'GOSSIP_E_BUSY',
  'GOSSIP_E_RATE',
  'GOSSIP_E_STOPPING',
  'GOSSIP_E_INTERNAL',
]);

/** Throws where the first try fails, where the node refuses for good, and where an answer that has an end never comes to it. */
export async function* logsOf({ api, node, question, signal, onBreak, onTold }: Following): AsyncGenerator<NodeLine, void, undefined> {
  let { after } = question;
  let heard = false;
  let tries = 0;
  let pauseMs = 0;
  for (;;) {
    try {
      for await (const line of api.logs(node, { ...question, after }, signal)) {
        [heard, tries, pauseMs] = [true, 0, 0];
        if (line.type === 'lost') yield { node, lost: line.lost };
        else if (line.type === 'record') {
          after = parseLogPlace(line.record.at);
          yield { node, record: line.record };
        } else {
          after = parseLogPlace(line.at);
          if (after !== null) onTold?.(after);
        }
      }
      if (!question.follow) return;
      throw new GossipError('GOSSIP_E_UNREACHABLE', `${node.name || node.address} ended the stream`);
    } catch (thrown) {
      if (signal.aborted) return;
      tries += 1;
      const isPassing = thrown instanceof GossipError && PASSING.has(thrown.code) && heard && (question.follow || tries <= TRIES);
      if (!isPassing) throw thrown;
      // Said once for all the tries until it answers again.
      if (tries === 1) onBreak(node, thrown);
    }
    pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, 2 * pauseMs));
    await pause(pauseMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
  }
}
