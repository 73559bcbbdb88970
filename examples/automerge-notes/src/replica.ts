/**
 * An Automerge document that becomes the same on all nodes, whatever is in it: what this says of gossip, updates and crashes stays as it is when the schema changes.
 * Each round a node speaks Automerge's sync protocol with another one, until neither lacks anything. The one that asks remembers what was said, the other one forgets it with
 * each answer: so there is nothing to clear up where a message is lost or an instance ends.
 */
import * as Automerge from '@automerge/automerge';
import type { Doc, SyncState } from '@automerge/automerge';
import { asBytes, BadInput, GossipModule, knownSettings, Refusal, roundMs } from 'gossip/sdk';
import type { Body, Json, ModuleContext, Peer } from 'gossip/sdk';

/** What the first byte of a message says of the others. */
const SYNC = 0;
const WHOLE = 1;

const MAX_MESSAGE_BYTES = 2 ** 20;
const MAX_STATE_BYTES = 2 ** 26;
/** Beyond it nothing can be changed. One message holds it all, also when others write at the same moment. */
const MAX_DOCUMENT_BYTES = 2 ** 18;
/** From here on it is looked whether the whole document is less than what the other lacks, change by change. */
const LONG_BYTES = 4_096;
/** Two will do, and a third where a filter of the protocol was mistaken; the next round goes on from there. */
const MAX_TURNS = 4;

export abstract class Replica<Content> extends GossipModule {
  #doc: Doc<Content>;

  constructor(context: ModuleContext) {
    super(context);
    this.#doc = Automerge.init<Content>(this.#options());
  }

  protected get content(): Doc<Content> {
    return this.#doc;
  }

  override start(): void {
    knownSettings(this.context.settings, ['intervalMs']);
    this.context.every(roundMs(this.context), () => this.#round());
  }

  override receive(body: Body): Uint8Array {
    const state = this.#take(asBytes(body, 'a message', { max: MAX_MESSAGE_BYTES }), Automerge.initSyncState());
    return state === null ? new Uint8Array(0) : (this.#next(state).message ?? new Uint8Array(0));
  }

  /** The whole document with its history, and with all that other versions of this module have put into it. */
  override transferState(): Uint8Array {
    return Automerge.save(this.#doc);
  }

  override acceptState(state: string | Uint8Array): void {
    const bytes = asBytes(state, 'the state', { max: MAX_STATE_BYTES });
    this.#doc = orBadInput('a state', () => load<Content>(bytes, this.#options()));
  }

  override inspect(): Json {
    const { numChanges, numOps } = Automerge.stats(this.#doc);
    return { bytes: this.transferState().length, changes: numChanges, operations: numOps };
  }

  /** Changes the document by what `edit` does to it, and returns its answer; where it throws, nothing has changed. */
  protected edited(edit: (content: Content) => Json): Json {
    // What was deleted counts, too: it stays in the history.
    if (this.transferState().length > MAX_DOCUMENT_BYTES) throw new Refusal('full', 'the document is full');
    let answer: Json = null;
    this.#doc = Automerge.change<Content>(this.#doc, { time: Math.floor(this.context.now() / 1_000) }, (content) => {
      answer = edit(content);
    });
    return answer;
  }

  /** The actor, whose changes Automerge numbers. The instance's own: a node's would begin anew at its last checkpoint, with numbers that others know already. */
  #options(): { actor: string; patchCallback: Automerge.PatchCallback<unknown> } {
    const { instanceId } = this.context as { readonly instanceId?: string };
    // Nodes of version 0.1 tell none, and carry no bytes either: there the deployment is held.
    if (instanceId === undefined) throw new BadInput('this module needs the id of its instance');
    return {
      actor: instanceId,
      patchCallback: (patches) => {
        // What stands at the top of the document and has changed, here or elsewhere.
        for (const id of new Set(patches.map(({ path }) => String(path[0])))) this.context.publish?.({ id }, id);
      },
    };
  }

  async #round(): Promise<void> {
    for (const peer of this.context.peers(1)) {
      try {
        await this.#sync(peer);
      } catch (error) {
        this.context.log('an exchange failed', { peer: peer.name, error: String(error) });
      }
    }
  }

  async #sync(peer: Peer): Promise<void> {
    let state: SyncState | null = Automerge.initSyncState();
    for (let turn = 0; state !== null && turn < MAX_TURNS; turn++) {
      const next = this.#next(state);
      if (next.message === undefined) return;
      const answer = await this.context.exchange(peer, next.message, { answer: 'bytes' });
      if (answer.length === 0) return;
      state = this.#take(answer, next.state);
    }
  }

  /** What to say next; nothing where both have the same. */
  #next(before: SyncState): { readonly state: SyncState; readonly message?: Uint8Array } {
    const [state, said] = Automerge.generateSyncMessage(this.#doc, before);
    if (said === null) return { state };
    const whole = said.length > LONG_BYTES ? this.transferState() : undefined;
    return { state, message: whole !== undefined && whole.length < said.length ? message(WHOLE, whole) : message(SYNC, said) };
  }

  /** What the other is known to have afterwards; null where that is over. */
  #take(bytes: Uint8Array, state: SyncState): SyncState | null {
    const [kind, content] = [bytes[0], bytes.subarray(1)];
    if (kind === SYNC) {
      return orBadInput('a message', () => {
        const [doc, after] = Automerge.receiveSyncMessage(this.#doc, state, content);
        this.#doc = doc;
        return after;
      });
    }
    if (kind !== WHOLE) throw new BadInput('a message of an unknown kind');
    orBadInput('a document', () => {
      const other = load<Content>(content, {});
      this.#doc = Automerge.merge(this.#doc, other);
      Automerge.free(other);
    });
    return null;
  }
}

/** Automerge takes nothing for an empty document. */
function load<Content>(bytes: Uint8Array, options: Automerge.InitOptions<Content>): Doc<Content> {
  if (bytes.length === 0) throw new BadInput('nothing came');
  return Automerge.load<Content>(bytes, options);
}

function message(kind: number, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + content.length);
  bytes[0] = kind;
  bytes.set(content, 1);
  return bytes;
}

function orBadInput<Result>(what: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    throw new BadInput(`${what} that Automerge cannot read: ${String(cause)}`, { cause });
  }
}
