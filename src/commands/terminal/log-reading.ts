/** Reads the logs of one node, or of all by time, and says what is missing: what `logs` and `monitor` share. */
import type { LogQuestion } from '../../api/logs.ts';
import type { NodeAddress } from '../../operator/client/client.ts';
import { gatherCluster, nobodyAnswers } from '../../operator/client/nodes.ts';
import { logAccess } from '../../operator/logs/access.ts';
import { logsOf } from '../../operator/logs/follow.ts';
import type { NodeLine } from '../../operator/logs/follow.ts';
import { mergedLogs } from '../../operator/logs/merge.ts';
import { namesApart, namesOf } from '../../operator/render/names.ts';
import type { Session } from '../../operator/settings/session.ts';

export interface LogReading {
  readonly session: Session;
  readonly question: LogQuestion;
  readonly signal: AbortSignal;
  /** Resolves when there is room for the next. */
  readonly onLine: (line: NodeLine) => Promise<void>;
  /** Told, in words, who did not answer and what broke. */
  readonly complain: (text: string) => void;
}

/** Of one node. Throws where it does not answer. */
export async function readLogs(node: NodeAddress, { session, question, signal, onLine, complain }: LogReading): Promise<void> {
  const api = await logAccess(session);
  for await (const line of logsOf({ api, node, question, signal, onBreak: onBreak(complain) })) await onLine(line);
}

/** Of every node that answers; `onNodes` is told of them first. Throws where none does. */
export async function readAllLogs(reading: LogReading, onNodes: (nodes: readonly NodeAddress[]) => void = () => undefined): Promise<void> {
  const { session, question, signal, onLine, complain } = reading;
  const { sightings } = await gatherCluster(session.cluster, session.client, { signal });
  const api = await logAccess(session);
  const nodes = namesApart(sightings.flatMap(({ node, answer }) => ('status' in answer ? [node] : [])));
  const silent = sightings.filter(({ answer, belief }) => 'error' in answer && belief === 'member').map(({ node }) => node);
  if (nodes.length === 0) throw nobodyAnswers(silent);
  onNodes(nodes);
  const failed: Error[] = [];
  const onSilent = (node: NodeAddress, why: Error): void => {
    failed.push(why);
    silent.push(node);
    // Of what has an end, all is said there.
    if (question.follow) complain(why.message);
  };
  for await (const line of mergedLogs({ api, nodes, question, signal, onBreak: onBreak(complain), onSilent })) await onLine(line);
  if (signal.aborted) return;
  const [first] = failed;
  if (first !== undefined && failed.length === nodes.length) throw first;
  for (const { message } of failed) complain(message);
  const answered = nodes.length - failed.length;
  if (silent.length > 0) complain(`${answered} of ${answered + silent.length} nodes answered; without ${namesOf(silent)}.`);
}

/** Writes a line to stdout; resolves when the reader has room for more. */
export async function writeLine(text: string): Promise<void> {
  if (!process.stdout.write(`${text}\n`)) await new Promise((resolve) => process.stdout.write('', resolve));
}

/** Runs `act` until it is done, interrupted, or whoever reads stdout has seen enough, such as `head`. */
export async function whileRead<T>(interrupted: AbortSignal, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const read = new AbortController();
  const leave = (): void => read.abort();
  process.stdout.once('error', leave);
  return act(AbortSignal.any([interrupted, read.signal])).finally(() => process.stdout.off('error', leave));
}

function onBreak(complain: (text: string) => void) {
  return (_: NodeAddress, why: Error): void => complain(`${why.message}; trying again`);
}
