/** The logs of many nodes as one, by time. Clocks differ and lines are late: what is behind is merged exactly, what comes within a short window. */
import type { LogPlace, LogQuestion } from '../../api/logs.ts';
import { toGossipError } from '../../model/errors.ts';
import type { GossipError } from '../../model/errors.ts';
import type { NodeAddress } from '../client/client.ts';
import { logsOf } from './follow.ts';
import type { Following, NodeLine } from './follow.ts';

/** Nodes that are asked for the first time at once: each may need a handshake. */
const WIDTH = 16;
/** How long a line waits for those of other nodes, and how many wait at most. */
const WINDOW_MS = 500;
const WINDOW_LINES = 10_000;
const TICK_MS = 100;

export interface Merging extends Omit<Following, 'node' | 'onTold'> {
  readonly nodes: readonly NodeAddress[];
  /** Told of a node that did not answer, or not to the end. */
  readonly onSilent: (node: NodeAddress, why: GossipError) => void;
}

interface Head {
  readonly node: NodeAddress;
  readonly lines: AsyncGenerator<NodeLine, void, undefined>;
  line: NodeLine;
}

/** What all nodes have kept, then, where they are followed, what comes. */
export async function* mergedLogs(merging: Merging): AsyncGenerator<NodeLine, void, undefined> {
  const places = new Map<NodeAddress, LogPlace>();
  yield* kept(merging, { ...merging.question, follow: false }, places);
  if (merging.question.follow && places.size > 0) yield* coming(merging, places);
}

async function* kept(merging: Merging, question: LogQuestion, places: Map<NodeAddress, LogPlace>): AsyncGenerator<NodeLine> {
  const waiting = [...merging.nodes];
  const heads: Head[] = [];
  const begin = async (): Promise<void> => {
    for (let node = waiting.shift(); node !== undefined; node = waiting.shift()) {
      const at = node;
      const lines = logsOf({ ...merging, node, question, onTold: (place) => void places.set(at, place) });
      const line = await nextOf(merging, node, lines);
      if (line !== null) heads.push({ node, lines, line });
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, begin));
  for (;;) {
    const [head, ...others] = heads;
    if (head === undefined) return;
    const first = others.reduce((best, other) => (timeOf(other.line) < timeOf(best.line) ? other : best), head);
    yield first.line;
    const line = await nextOf(merging, first.node, first.lines);
    if (line === null) heads.splice(heads.indexOf(first), 1);
    else first.line = line;
  }
}

async function nextOf(
  { onSilent }: Merging,
  node: NodeAddress,
  lines: AsyncGenerator<NodeLine, void, undefined>,
): Promise<NodeLine | null> {
  try {
    const next = await lines.next();
    return next.done === true ? null : next.value;
  } catch (thrown) {
    onSilent(node, toGossipError(thrown));
    return null;
  }
}

/** A remark on what is missing stands where it was made: before all that its node tells next. */
function timeOf(line: NodeLine): string {
  return 'record' in line ? line.record.time : '';
}

/** Holds each line for a moment, then tells what is held in the order of its time. */
async function* coming(merging: Merging, places: ReadonlyMap<NodeAddress, LogPlace>): AsyncGenerator<NodeLine> {
  const { signal, question, onSilent } = merging;
  let held: { readonly line: NodeLine; readonly cameAt: number }[] = [];
  let wake = (): void => undefined;
  const follow = async (node: NodeAddress, after: LogPlace): Promise<void> => {
    try {
      for await (const line of logsOf({ ...merging, node, question: { ...question, lines: null, after } })) {
        held.push({ line, cameAt: performance.now() });
        // Nobody takes what comes: the nodes keep it until there is room.
        while (held.length >= WINDOW_LINES && !signal.aborted) await tick();
        wake();
      }
    } catch (thrown) {
      onSilent(node, toGossipError(thrown));
    }
  };
  const followed = [...places].map(([node, after]) => follow(node, after));
  let over = false;
  const ended = async (): Promise<void> => {
    await Promise.all(followed);
    over = true;
    wake();
  };
  void ended();
  while (!signal.aborted) {
    if (held.length === 0 && over) return;
    if (held.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    await tick();
    const now = performance.now();
    const ripe = held.filter(({ cameAt }) => over || now - cameAt >= WINDOW_MS || held.length >= WINDOW_LINES);
    held = held.filter((each) => !ripe.includes(each));
    yield* ripe.map(({ line }) => line).toSorted((a, b) => (timeOf(a) < timeOf(b) ? -1 : timeOf(a) > timeOf(b) ? 1 : 0));
  }
}

function tick(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, TICK_MS));
}
