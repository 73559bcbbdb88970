/** The lines of a node's logs, as they come over the pinned way: of an answer that may have no end only what is read now is held. */
import { request } from 'node:https';
import type { Agent } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { HEARTBEAT_MS } from '../../api/apps.ts';
import { HEADERS } from '../../api/headers.ts';
import { encodeLogQuestion, MAX_RECORD_BYTES, notKept, parseLogLine } from '../../api/logs.ts';
import type { LogLine, LogQuestion } from '../../api/logs.ts';
import { asksForHello, MAX_REFUSAL_BYTES } from '../../api/refusal.ts';
import { callTo } from '../../api/routes.ts';
import { wholeOf } from '../../client/door.ts';
import { GossipError } from '../../model/errors.ts';
import { connectionError, describe } from './connection-error.ts';
import type { Named } from './connection-error.ts';
import { accepted, understood } from './node-answer.ts';

export interface LogAsking {
  readonly node: Named;
  readonly agent: Agent;
  readonly warrant: string;
  readonly question: LogQuestion;
  readonly signal: AbortSignal | undefined;
  /** Shows the node this operator's admission. */
  readonly hello: () => Promise<unknown>;
}

/** Not even a heartbeat for so long: the node hangs, or its machine does. */
const SILENCE_MS = 3 * HEARTBEAT_MS;
const NEWLINE = 0x0a;

/** Throws the coded reason where the node refuses, breaks off, or says what no node says. */
export async function* logLines(asking: LogAsking): AsyncGenerator<LogLine> {
  const { node, signal } = asking;
  const stream = await opened(asking);
  const silent = new GossipError('GOSSIP_E_TIMEOUT', `${describe(node)} said nothing for ${SILENCE_MS} ms`);
  const watchdog = setTimeout(() => stream.destroy(silent), SILENCE_MS);
  try {
    let rest = Buffer.alloc(0) as Buffer;
    for await (const piece of stream as AsyncIterable<Buffer>) {
      watchdog.refresh();
      let read = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      for (let end = read.indexOf(NEWLINE); end >= 0; end = read.indexOf(NEWLINE)) {
        const line = read.subarray(0, end);
        read = read.subarray(end + 1);
        if (line.length === 0) continue;
        const said = understood(node, line, parseLogLine);
        // Whoever reads slowly is not told that the node is silent.
        clearTimeout(watchdog);
        yield said;
        watchdog.refresh();
      }
      if (read.length > MAX_RECORD_BYTES) throw new GossipError('GOSSIP_E_TOO_LARGE', `${describe(node)} sends a line without end`);
      rest = read;
    }
  } catch (thrown) {
    throw signal?.aborted === true ? signal.reason : connectionError(thrown, node);
  } finally {
    clearTimeout(watchdog);
    stream.destroy();
  }
}

async function opened(asking: LogAsking): Promise<IncomingMessage> {
  const first = await ask(asking);
  if (first.statusCode === 200) return first;
  const refused = await refusedBy(first);
  if (!asksForHello(refused)) throw refusal(asking, refused);
  await asking.hello();
  const second = await ask(asking);
  if (second.statusCode === 200) return second;
  throw refusal(asking, await refusedBy(second));
}

interface Refused {
  readonly status: number;
  readonly body: Uint8Array;
}

function refusal({ node }: LogAsking, refused: Refused): unknown {
  try {
    accepted(node, refused);
    return new GossipError('GOSSIP_E_REQUEST', `${describe(node)}: status ${refused.status}`);
  } catch (thrown) {
    return thrown instanceof GossipError && thrown.code === 'GOSSIP_E_NOT_FOUND' ? notKept(describe(node)) : thrown;
  }
}

function ask({ node, agent, warrant, question, signal }: LogAsking): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { method, path } = callTo('logs');
  const body = encodeLogQuestion(question);
  const headers = { 'content-type': 'application/json', 'content-length': String(body.length), [HEADERS.warrant]: warrant };
  const sent = request(`https://${node.address}${path}`, { method, agent, headers, ...(signal !== undefined && { signal }) });
  const late = Object.assign(new Error('late'), { code: 'ETIMEDOUT' });
  const timer = setTimeout(() => sent.destroy(late), SILENCE_MS);
  sent.once('response', resolve);
  // After the head, too: then the stream tells.
  sent.on('error', (thrown) => reject(signal?.aborted === true ? (signal.reason as Error) : connectionError(thrown, node)));
  sent.end(body);
  return promise.finally(() => clearTimeout(timer));
}

async function refusedBy(answer: IncomingMessage): Promise<Refused> {
  return { status: answer.statusCode ?? 0, body: await wholeOf(answer, MAX_REFUSAL_BYTES) };
}
