/** Attack A4: everything comes through to some nodes but what is new, and whatever tells of it. */
import type { GossipAnswer, GossipRequest, RootTold } from '../../gossip/messages.ts';
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest, incarnationOf } from '../../gossip/wire.ts';
import { HEADERS } from '../../api/headers.ts';
import { GossipError } from '../../model/errors.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { Address, NodeId } from '../../model/names.ts';
import type { Trust } from '../../trust/trust.ts';
import type { SimNode } from '../node/node.ts';
import type { Cluster } from '../world/cluster.ts';
import { received } from '../world/letters.ts';
import type { Letter, Reply } from '../world/letters.ts';

export interface FreezeOptions {
  /** Whether tips come through: they tell of what is new, and of nothing that is in it. */
  readonly tips: boolean;
  /** Whose messages come through as they are: it is in the same hands. */
  readonly ally: NodeId;
}

/** Keeps these nodes from all that they do not hold yet, until the returned function is called. What they say to each other, and to others, comes through. */
export function freezeOut(cluster: Cluster, nodes: readonly SimNode[], options: FreezeOptions): () => void {
  const frozen = new Map(nodes.map((node) => [node.peer.id, new Frozen(node, cluster.operator.trust(), options.tips)]));
  cluster.trace.line(
    cluster.now,
    `${nodes.map(({ peer }) => peer.name).join(', ')} kept from news, ${options.tips ? 'tips let through' : 'and from tips'}`,
  );
  const keptFor = (from: NodeId, to: NodeId): Frozen | undefined =>
    frozen.has(from) || from === options.ally ? undefined : frozen.get(to);
  return cluster.network.intercept({
    request: (letter, from, to) => changed(letter, keptFor(from, to)?.request(letter)),
    answer: (reply, from, to, asked) => changed(reply, keptFor(from, to)?.answer(reply, asked)),
  });
}

/** Undefined: it stays as it is. */
function changed<Passed>(carried: Passed, change: Passed | null | undefined): Passed | null {
  return change === undefined ? carried : change;
}

/** What messages of several kinds have. */
interface Carried {
  readonly records: readonly VerifiedDeployment[];
  readonly tips?: readonly string[] | undefined;
}

/** One node as it was when it was frozen. */
class Frozen {
  readonly #trust: Trust;
  readonly #tips: boolean;
  readonly #digest: string;
  readonly #known: ReadonlySet<string>;
  readonly #root: RootTold | undefined;

  constructor({ records, root, digest }: SimNode, trust: Trust, tips: boolean) {
    if (root === null || digest === null) throw new Error('a node that is down cannot be kept from anything');
    trust.adopt(root);
    this.#trust = trust;
    this.#tips = tips;
    this.#digest = digest;
    this.#known = new Set(records.flatMap(({ hash }) => [hash, shortOf(hash)]));
    this.#root = root.root.version === 1 ? undefined : { version: root.root.version, hash: root.hash, steps: [] };
  }

  request(letter: Letter): Letter | null | undefined {
    if (letter.kind !== 'message') return undefined;
    const wire = received(letter.wire);
    const message = readOrNone(() => decodeRequest(wire, this.#trust));
    const passed = message && this.#oldRequest(message);
    if (passed === undefined || passed === null) return passed;
    const address = (wire.headers.get(HEADERS.address) ?? '') as Address;
    return { kind: 'message', wire: encodeRequest(passed, address, incarnationOf(wire.headers) ?? undefined) };
  }

  answer(reply: Reply, asked: Letter): Reply | undefined {
    if (reply.kind !== 'message' || asked.kind !== 'message') return undefined;
    const read = (): GossipAnswer => decodeAnswer(decodeRequest(received(asked.wire), this.#trust), received(reply.wire), this.#trust);
    const message = readOrNone(read);
    return message && { kind: 'message', wire: encodeAnswer(this.#oldAnswer(message)) };
  }

  /** A module's message under another stamp tells of a deployment: it is lost. */
  #oldRequest(message: GossipRequest): GossipRequest | null {
    if (message.kind === 'exchange') return this.#known.has(message.stamp.hash) ? { ...message, digest: this.#digest } : null;
    const summary = message.summary?.filter((hash) => this.#known.has(hash)) ?? null;
    return { ...message, summary, ...this.#old(message) };
  }

  #oldAnswer(message: GossipAnswer): GossipAnswer {
    if (message.kind === 'revoked') return message;
    if (message.kind === 'configuration') return { ...message, ...this.#old(message) };
    if (message.kind !== 'mismatch') return { ...message, digest: this.#digest };
    const { stamp } = message;
    return { ...message, ...this.#old(message), stamp: stamp !== null && this.#known.has(stamp.hash) ? stamp : null };
  }

  /** What of it is not new; all else is as if the other held what the frozen node holds. */
  #old({ records, tips }: Carried): Carried & { readonly digest: string; readonly root: RootTold | undefined; readonly notes: undefined } {
    return {
      digest: this.#digest,
      records: records.filter(({ hash }) => this.#known.has(hash)),
      root: this.#root,
      notes: undefined,
      tips: this.#tips ? tips : undefined,
    };
  }
}

/** Undefined for what is no message between nodes: it tells of nothing. */
function readOrNone<Message>(read: () => Message): Message | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof GossipError) return undefined;
    throw error;
  }
}

/** As stamps tell it. */
function shortOf(hash: string): string {
  return hash.slice(0, 32);
}
