/**
 * Goodbyes of nodes: said to a few by whoever leaves, and passed on with the exchanges of configurations until everybody knows. Each is signed by its node
 * and of one start of it, so that nobody else can say it, and it says nothing once that node has started again. Of that others hear likewise: each start tells a few peers
 * that it has begun, and whoever took the node to have left passes it on; whoever tells a farewell that is over is answered with it.
 */
import { BoundedMap } from '../model/bounded.ts';
import type { NodeId, Peer } from '../model/names.ts';
import type { Farewell, Return, WordOfStart } from '../trust/farewell.ts';
import type { Words } from '../trust/words.ts';
import type { ActiveView } from './active-view.ts';
import { MAX_BACK, MAX_LEFT } from './cut.ts';
import type { Hints } from './hints.ts';
import type { Spoken } from './messages.ts';
import { PassingOn } from './passing-on.ts';
import type { Ports } from './ports.ts';
import type { Hint } from './protocol.ts';
import { RUMOR_AT_ONCE } from './timing.ts';

export interface FarewellsParts {
  readonly ports: Ports;
  readonly hints: Hints;
  readonly view: ActiveView;
  /** Absent where nodes have no keys: nothing is told or believed of farewells. */
  readonly words: Words | undefined;
  /** An exchange that brings nothing but what each of them brings. */
  readonly tell: (peer: Peer) => void;
}

type Kind = 'left' | 'back';

/** To so many peers a node says goodbye itself: those of its view, the rendezvous nodes, and some more. */
const GOODBYES = 16;
/** Peers to which a node passes a new one on; after that a farewell is told now and then, to those who were away. */
const TIMES_TOLD = 8;
const TOLD_LATER = 1 / 4;
/** So many at once: who has missed that several are back is told so of all of them. */
const TOLD_TOGETHER = 4;
const MAX_KNOWN = 2_048;
/** Peers to which words are owed, with their next message; and nodes that are asked for theirs. */
const MAX_OWED = 256;

export class Farewells {
  readonly #parts: FarewellsParts;
  readonly #news = new PassingOn<Kind>();
  /** Those whose signatures were checked, by their lines. */
  readonly #known = { left: new BoundedMap<string, WordOfStart>(MAX_KNOWN), back: new BoundedMap<string, WordOfStart>(MAX_KNOWN) };
  /** Words of return for peers that have told farewells which are over; and these, for their nodes. */
  readonly #owed = new BoundedMap<NodeId, Record<Kind, Set<string>>>(MAX_OWED);
  /** Nodes whose farewell was told here, of which was only known by their calls that it is over: which one it was, and who waits for their word. */
  readonly #asked = new BoundedMap<NodeId, { readonly line: string; teller: NodeId | null }>(MAX_OWED);
  /** Of this start; null where there was none before. */
  #own: Return | null = null;

  constructor(parts: FarewellsParts) {
    this.#parts = parts;
  }

  /** What was on disk. */
  resume(kept: readonly Hint[]): void {
    const { hints } = this.#parts;
    for (const word of kept.flatMap(({ left }) => this.#read('left', left) ?? [])) hints.left(word);
    for (const word of kept.flatMap(({ back }) => this.#read('back', back) ?? [])) hints.returned(word);
  }

  /** This start has begun: whoever takes the node to have left in one before must hear of it, and nobody knows here who does. */
  start(): void {
    const own = this.#parts.words?.return();
    if (own === undefined || own.incarnation === 1) return;
    this.#own = own;
    this.#news.begin(own.id, 'back', own.line, TIMES_TOLD);
  }

  /** This node says goodbye. */
  leave(): void {
    const { words, view, hints, tell } = this.#parts;
    if (words === undefined) return;
    const { id, line } = words.farewell();
    this.#news.begin(id, 'left', line, Infinity);
    const near = [...view.sample(), ...hints.rendezvous()];
    const told = new Map([...near, ...hints.sample(GOODBYES)].map((peer) => [peer.id, peer]));
    for (const peer of [...told.values()].slice(0, Math.max(GOODBYES, near.length))) tell(peer);
  }

  /** What a message to that peer tells; `whole`: one that is there to compare everything. */
  told(whole: boolean, to: NodeId): Pick<Spoken, Kind> {
    const { hints, ports, words } = this.#parts;
    if (words === undefined) return {};
    const news = this.#news.told(to, MAX_LEFT);
    const older = whole && news.length === 0 && ports.random() < TOLD_LATER ? hints.someThatLeft(TOLD_TOGETHER) : [];
    const { left, back } = this.#owed.get(to) ?? nothing();
    this.#owed.delete(to);
    for (const line of older) left.add(line);
    for (const { kind, line } of news) (kind === 'left' ? left : back).add(line);
    return { left: someOf(left), back: someOf(back) };
  }

  /** Takes in what a peer told, and passes on what is new. */
  take({ left = [], back = [] }: Pick<Spoken, Kind>, from: NodeId): void {
    const { hints, view, tell } = this.#parts;
    const returns = this.#heard('back', back, from);
    const returned = returns.filter((word) => hints.returned(word));
    const told = this.#heard('left', left, from);
    const gone = told.filter((word) => hints.left(word));
    for (const word of told) this.#answer(from, word);
    for (const word of returns) this.#tellOn(word);
    for (const word of returned) this.#passOn('back', word, from);
    for (const word of gone) this.#passOn('left', word, from);
    if (returned.length + gone.length > 0) for (const peer of view.sample(RUMOR_AT_ONCE, ({ id }) => id !== from)) tell(peer);
  }

  #passOn(kind: Kind, { id, line }: WordOfStart, from: NodeId): void {
    const { ports, hints } = this.#parts;
    const peer = hints.get(id);
    if (peer !== undefined) ports.emit({ type: 'note', note: { event: kind === 'left' ? 'node-left' : 'node-back', peer } });
    this.#news.begin(id, kind, line, TIMES_TOLD);
    this.#news.knows(from, id, line);
  }

  /** Who tells a farewell that is over, perhaps this node's own, does not know of the start that took it back. */
  #answer(to: NodeId, farewell: Farewell): void {
    const { hints } = this.#parts;
    const own = this.#own?.id === farewell.id && this.#own.incarnation > farewell.incarnation ? this.#own.line : undefined;
    const line = own ?? hints.returnAfter(farewell);
    if (line !== undefined) this.#owe(to, 'back', line);
    else if (hints.hasOutlived(farewell)) this.#ask(farewell, to);
  }

  /** Only the node can say that it is back: it is asked once. */
  #ask({ id, line }: Farewell, teller: NodeId): void {
    const { hints, tell } = this.#parts;
    const peer = hints.get(id);
    if (peer === undefined || this.#asked.get(id)?.line === line) return;
    this.#asked.set(id, { line, teller });
    this.#owe(id, 'left', line);
    tell(peer);
  }

  /** To whoever waits for that word. */
  #tellOn({ id, line }: Return): void {
    const { hints, tell } = this.#parts;
    const asked = this.#asked.get(id);
    const peer = asked?.teller ? hints.get(asked.teller) : undefined;
    if (asked === undefined || peer === undefined) return;
    asked.teller = null;
    this.#owe(peer.id, 'back', line);
    tell(peer);
  }

  #owe(to: NodeId, kind: Kind, line: string): void {
    const owed = this.#owed.get(to) ?? nothing();
    if (owed[kind].size >= MAX_BACK) return;
    owed[kind].add(line);
    this.#owed.set(to, owed);
  }

  /** Those of its lines that their nodes have said. */
  #heard(kind: Kind, lines: readonly string[], from: NodeId): readonly WordOfStart[] {
    const words = lines.flatMap((line) => this.#read(kind, line) ?? []);
    for (const { id, line } of words) this.#news.knows(from, id, line);
    return words;
  }

  #read(kind: Kind, line: string | undefined): WordOfStart | null {
    const { words } = this.#parts;
    if (line === undefined || words === undefined) return null;
    const known = this.#known[kind].get(line);
    if (known !== undefined) return known;
    const word = kind === 'left' ? words.readFarewell(line) : words.readReturn(line);
    if (word !== null) this.#known[kind].set(line, word);
    return word;
  }
}

function nothing(): Record<Kind, Set<string>> {
  return { left: new Set(), back: new Set() };
}

function someOf(lines: ReadonlySet<string>): readonly string[] | undefined {
  return lines.size === 0 ? undefined : [...lines].slice(0, MAX_BACK);
}
