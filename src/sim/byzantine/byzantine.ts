/** A node in an attacker's hands: a member with an identity of its own, which speaks the real wire form and does what it likes. */
import type { GossipAnswer, GossipRequest } from '../../gossip/messages.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { Address, NodeId, Peer } from '../../model/names.ts';
import type { CodeAnswer, CodeLetter, Letter, Reply, SimEndpoint, SimNetwork } from '../world/letters.ts';
import type { Operator } from '../world/operator.ts';
import type { Done } from '../../runner/ports.ts';
import { HASH_DIGITS } from '../node/provenance.ts';
import { SimulatedPeers } from '../node/simulated-peers.ts';
import type { Words } from '../../trust/words.ts';
import type { Random } from '../../sdk/virtual/random.ts';

/** What the attacker makes of a node. Whatever is left out, the node is silent about. */
export interface Behaviour {
  /** What it does by itself in every round. */
  readonly act?: (self: Byzantine) => void;
  /** Answers a message; null: never. */
  readonly answer?: (self: Byzantine, asked: GossipRequest) => GossipAnswer | null;
  /** Answers a peer that wants code; null: never. */
  readonly serve?: (self: Byzantine, letter: CodeLetter) => CodeAnswer | null;
  /** Sees every letter as it comes. */
  readonly overhear?: (self: Byzantine, letter: Letter) => void;
}

export interface ByzantineOptions {
  readonly self: Peer;
  readonly network: SimNetwork;
  readonly random: Random;
  readonly operator: Operator;
  /** What it signs with the node's own key, in a start of its own. */
  readonly words: Words;
  readonly intervalMs: number;
  readonly after: (delayMs: number, run: () => void) => void;
  /** Everybody that the attacker knows: all nodes. */
  readonly targets: () => readonly Peer[];
  /** The nodes in the same hands. */
  readonly accomplices: () => readonly Peer[];
}

/** How long an attacker waits for answers, in which it has no interest. */
const PATIENCE_MS = 5_000;

export class Byzantine implements SimEndpoint {
  readonly peer: Peer;
  readonly random: Random;
  readonly words: Words;
  readonly #options: ByzantineOptions;
  readonly #behaviour: Behaviour;
  readonly #peers: SimulatedPeers;
  #up = false;

  constructor(options: ByzantineOptions, behaviour: Behaviour) {
    const { self, network, operator, random, words } = options;
    this.#options = options;
    this.#behaviour = behaviour;
    this.#peers = new SimulatedPeers({ self, network, trust: operator.trust(), enter: (run) => run() });
    this.peer = self;
    this.random = random;
    this.words = words;
  }

  get up(): boolean {
    return this.#up;
  }

  start(): void {
    if (this.#up) return;
    this.#up = true;
    this.#options.network.attach(this);
    const { after, intervalMs } = this.#options;
    const round = (): void => {
      this.#behaviour.act?.(this);
      after(intervalMs, round);
    };
    if (this.#behaviour.act !== undefined) after(this.random.between(0, intervalMs), round);
  }

  receive(from: Peer, letter: Letter, respond: (reply: Reply) => void): void {
    const { answer, serve, overhear } = this.#behaviour;
    overhear?.(this, letter);
    if (letter.kind !== 'message') {
      const reply = serve?.(this, letter) ?? null;
      if (reply !== null) respond(reply);
      return;
    }
    if (answer === undefined || from.id === this.peer.id) return;
    const put = (asked: GossipRequest, done: Done<GossipAnswer>): void => {
      const message = answer(this, asked);
      if (message !== null) done({ value: message });
    };
    this.#peers.receive(letter.wire, put, (wire) => respond({ kind: 'message', wire }));
  }

  /** Sends a message of the protocol. */
  tell(to: Peer, message: GossipRequest): void {
    this.#peers.send(to, message, () => {});
  }

  /** Sends a letter as it is: overheard, or of no sense. */
  drop(to: Peer, letter: Letter): void {
    this.#options.network.request(this.peer, to, letter, PATIENCE_MS, () => {});
  }

  /** Some of its victims. */
  targets(count: number): Peer[] {
    const others = this.#options.targets().filter(({ id }) => id !== this.peer.id);
    return this.random.sample(others, count);
  }

  /** Nodes in the same hands. */
  accomplices(count: number): Peer[] {
    return this.random.sample(this.#options.accomplices(), count);
  }

  /** Everything that the operator ever signed: an attacker can have heard all of it. */
  records(): readonly VerifiedDeployment[] {
    return [...this.#options.operator.signed.values()];
  }

  /** A peer that does not exist. */
  phantom(): Peer {
    const address = `10.${128 + this.random.below(128)}.${this.random.below(256)}.${1 + this.random.below(254)}:7946`;
    return { id: this.random.hex(HASH_DIGITS) as NodeId, address: address as Address, name: '' };
  }
}
