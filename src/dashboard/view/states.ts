/** What the states of nodes are called and which are bad; each has a mark, for colours alone tell too little. */
import { NODE_STATES } from '../wire.ts';
import type { NodeEntry, NodeState } from '../wire.ts';

export interface StateLook {
  readonly word: string;
  /** Shown in the node's square. */
  readonly mark: string;
  readonly isWrong: boolean;
}

export const STATES: Readonly<Record<NodeState, StateLook>> = {
  failed: { word: 'failed', mark: '✕', isWrong: true },
  held: { word: 'held', mark: '!', isWrong: true },
  unwell: { word: 'unwell', mark: '!', isWrong: true },
  trouble: { word: 'in trouble', mark: '!', isWrong: true },
  behind: { word: 'updating', mark: '↑', isWrong: false },
  running: { word: 'well', mark: '', isWrong: false },
  idle: { word: 'runs nothing', mark: '·', isWrong: false },
  silent: { word: 'no answer', mark: '?', isWrong: true },
  calls: { word: 'cannot be called', mark: '~', isWrong: false },
  gone: { word: 'gone', mark: '–', isWrong: false },
  left: { word: 'has left', mark: '–', isWrong: false },
  hearsay: { word: 'only told of', mark: '…', isWrong: false },
};

/** What is wrong comes first in lists. */
const WEIGHTS = new Map<NodeState, number>(NODE_STATES.toSorted((a, b) => weight(a) - weight(b)).map((state, index) => [state, index]));

function weight(state: NodeState): number {
  const away = state === 'gone' || state === 'left' || state === 'hearsay';
  return STATES[state].isWrong ? 0 : state === 'behind' ? 1 : away ? 3 : 2;
}

const places = new WeakMap<NodeEntry, string>();

/** Rendezvous nodes first, then by name, numbers by their value: a node keeps its place whatever becomes of it. */
export function byName(a: NodeEntry, b: NodeEntry): number {
  const [one, other] = [placeOf(a), placeOf(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Compared over and over: made once. */
function placeOf(node: NodeEntry): string {
  const known = places.get(node);
  if (known !== undefined) return known;
  const name = node.name.toLowerCase().replaceAll(/\d+/g, (digits) => digits.padStart(20, '0'));
  const place = `${node.rendezvous ? 0 : 1} ${name} ${node.id}`;
  places.set(node, place);
  return place;
}

export function worstFirst(a: NodeEntry, b: NodeEntry): number {
  return (WEIGHTS.get(a.state) ?? 0) - (WEIGHTS.get(b.state) ?? 0) || byName(a, b);
}

/** `node7, rendezvous node, held: …`: what its square says to a screen reader. */
export function nodeWords({ name, rendezvous, state, why }: NodeEntry): string {
  return `${name}${rendezvous ? ', rendezvous node' : ''}, ${STATES[state].word}${why === null ? '' : `: ${why}`}`;
}
