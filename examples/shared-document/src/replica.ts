/**
 * A Yjs document that becomes the same on all nodes, whatever is in it: what this says of gossip, updates and crashes stays as it is when the schema changes.
 * Each round a node tells a few others what it knows, its state vector, and gets what it lacks; what was edited here is told to a few at once.
 */
import { asBytes, BadInput, GossipModule, knownSettings, Refusal, roundMs } from 'gossip/sdk';
import type { Body, Json, ModuleContext } from 'gossip/sdk';
import * as Y from 'yjs';

/** What the first byte of a message says of the others. */
const KNOWN = 0;
const UPDATE = 1;

const MAX_MESSAGE_BYTES = 2 ** 20;
/** Beyond it nothing can be added. One message holds it all, also when others add at the same moment, and one answer, in whatever characters JSON writes it. */
export const MAX_DOCUMENT_BYTES = 2 ** 17;
const MAX_STATE_BYTES = 2 ** 26;
const TOLD_AT_ONCE = 2;

export abstract class Replica extends GossipModule {
  protected readonly doc: Y.Doc;

  constructor(context: ModuleContext) {
    super(context);
    this.doc = new Y.Doc({ guid: context.module });
    this.doc.clientID = clientIdOf(context.instanceId);
  }

  override start(): void {
    knownSettings(this.context.settings, ['intervalMs']);
    this.doc.on('update', (update: Uint8Array, _origin: unknown, _doc: Y.Doc, { local }: Y.Transaction) => {
      if (local) this.#tell(update);
    });
    this.context.every(roundMs(this.context), () => this.#round());
  }

  override receive(body: Body): Uint8Array {
    const bytes = asBytes(body, 'a message', { max: MAX_MESSAGE_BYTES });
    const content = bytes.subarray(1);
    if (bytes[0] === KNOWN) return this.#lackedBy(content);
    if (bytes[0] !== UPDATE) throw new BadInput('a message of an unknown kind');
    this.#apply(content);
    return new Uint8Array(0);
  }

  /** The whole document, with all that other versions of this module have put into it. */
  override transferState(): Uint8Array {
    return Y.encodeStateAsUpdate(this.doc);
  }

  override acceptState(state: string | Uint8Array): void {
    this.#apply(asBytes(state, 'the state', { max: MAX_STATE_BYTES }));
  }

  override inspect(): Json {
    return { bytes: this.transferState().length, editors: Y.decodeStateVector(Y.encodeStateVector(this.doc)).size };
  }

  protected refuseIfFull(): void {
    if (this.transferState().length > MAX_DOCUMENT_BYTES) throw new Refusal('full', 'the document is full: delete something');
  }

  async #round(): Promise<void> {
    for (const peer of this.context.peers(1)) {
      try {
        const known = message(KNOWN, Y.encodeStateVector(this.doc));
        this.#apply(await this.context.exchange(peer, known, { answer: 'bytes' }));
      } catch (error) {
        this.context.log('an exchange failed', { peer: peer.name, error: String(error) });
      }
    }
  }

  /** Whoever does not get it asks for it later. */
  #tell(update: Uint8Array): void {
    for (const peer of this.context.peers(TOLD_AT_ONCE)) this.context.send(peer, message(UPDATE, update));
  }

  #lackedBy(stateVector: Uint8Array): Uint8Array {
    return orBadInput('a state vector', () => Y.encodeStateAsUpdate(this.doc, stateVector));
  }

  #apply(update: Uint8Array): void {
    // Read as a whole first: nothing of a message that is broken further behind comes into the document.
    orBadInput('an update', () => Y.decodeUpdate(update));
    Y.applyUpdate(this.doc, update);
  }
}

/**
 * The editor's name, by which Yjs numbers what he inserts. It is the instance's, and never the node's: after a crash a node begins at its last checkpoint or at none, and
 * would give numbers that others know already to something else. They would take it for what they know, for ever, and no error would tell. Yjs draws a new name where
 * it is given edits under its own, which is too late here, and draws 32 bits, of which 100,000 instances have some that are the same. These are the first 52 of the 128
 * bits of the instance's id, as many as are exact in a number.
 */
function clientIdOf(instanceId: string | undefined): number {
  // Nodes of version 0.1 tell none, and carry no bytes either: there the deployment is held.
  if (instanceId === undefined || !/^[0-9a-f]{32}$/.test(instanceId)) throw new BadInput('this module needs the id of its instance');
  return Number.parseInt(instanceId.slice(0, 13), 16);
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
    throw new BadInput(`${what} that Yjs cannot read: ${String(cause)}`, { cause });
  }
}
