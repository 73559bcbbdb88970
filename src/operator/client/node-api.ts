/** What operators' commands may ask of a node. */
import type { Announced, NumberScope } from '../../api/deployments.ts';
import type { NoteBook } from '../../gossip/note-book.ts';
import type { NodeStatus } from '../../api/status.ts';
import type { Envelope } from '../../model/deployment.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { Address, ContentHash, ModuleName, NodeId } from '../../model/names.ts';
import type { Json } from '../../sdk/json.ts';
import type { Sending } from './transfer.ts';

/** A node as a command addresses it. */
export interface NodeAddress {
  readonly id: NodeId;
  readonly address: Address;
  /** For people; empty when unknown. */
  readonly name: string;
}

/** What commands ask of the notes about nodes. */
export type NotesRead = Pick<NoteBook, 'revocation' | 'forgotten' | 'notes' | 'digest'>;

/** What commands may ask of a node; tests put a node of their own in its place. */
export interface NodeApi {
  /** `patient`: waits several times as long for the connection and the answer. */
  status(node: NodeAddress, options?: { readonly patient?: boolean }): Promise<NodeStatus>;
  /** What it says of one module, without peers, alarms and what modules printed. Nodes of before do not know this question: GOSSIP_E_NOT_FOUND. */
  moduleStatus(node: NodeAddress, module: ModuleName): Promise<NodeStatus>;
  /** The records of the node's configuration, not yet verified. */
  configuration(node: NodeAddress): Promise<readonly unknown[]>;
  announce(node: NodeAddress, envelope: Envelope, manifest: Manifest | null, scope?: NumberScope): Promise<Announced>;
  /** Sends a blob, or what of it the node has not kept. */
  putBlob(node: NodeAddress, code: ContentHash, blob: ContentHash, bytes: Uint8Array, sending?: Sending): Promise<void>;
  /** The manifest of code that the node keeps; it hashes to `code`. */
  manifest(node: NodeAddress, code: ContentHash): Promise<Manifest>;
  /** A blob of that code, not yet checked; `onReceived` is told how much of it has come. */
  blob(node: NodeAddress, code: ContentHash, blob: ContentHash, onReceived?: (bytes: number) => void): Promise<Uint8Array>;
  /** The notes about nodes that it holds and the cluster's root verifies. Absent where nobody asks for them. */
  notes?(node: NodeAddress): Promise<NotesRead>;
  inspect(node: NodeAddress, module: ModuleName): Promise<Json>;
  /** Finds out who listens at an address, and that it is a member of the cluster. */
  identify(address: Address): Promise<NodeAddress>;
}
