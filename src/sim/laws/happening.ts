/** What the laws see: everything that happens to a node or an instance, as it happens. */
import type { GossipEffect, GossipEvent, Generation, ModuleView } from '../../gossip/protocol.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { NoteBook } from '../../gossip/note-book.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import type { ContentHash, ModuleName, Peer } from '../../model/names.ts';
import type { PublishedEvent } from '../../sdk/content.ts';
import type { DiskContent } from '../node/disk.ts';
import type { Provenance } from '../node/provenance.ts';

/** An instance that runs. */
export interface Running {
  readonly generation: Generation;
  readonly record: VerifiedDeployment;
  readonly provenance: Provenance;
}

/** A node as the laws see it. */
export interface NodeSight {
  readonly peer: Peer;
  readonly up: boolean;
  /** The configuration in memory. The same array as long as it did not change; empty while the node is down. */
  readonly records: readonly VerifiedDeployment[];
  /** The root in memory; null while the node is down. */
  readonly root: TrustedRoot | null;
  /** What is known in memory of notes about nodes; null while the node is down. */
  readonly notes: Pick<NoteBook, 'notes' | 'revocation'> | null;
  /** Whether it says that it holds what most rendezvous nodes hold; null: it says neither, or is down. Costly. */
  readonly fresh: boolean | null;
  readonly disk: Readonly<DiskContent>;
  readonly running: ReadonlyMap<ModuleName, Running>;
  /** What the node says of its modules; nothing while it is down. */
  view(): readonly ModuleView[];
}

export type Happening = { readonly node: NodeSight } & (
  | { readonly type: 'handled'; readonly event: GossipEvent; readonly effects: readonly GossipEffect[] }
  /** The protocol threw: in reality the core would be gone. */
  | { readonly type: 'died'; readonly event: GossipEvent; readonly error: unknown }
  /** The disk's configuration was replaced. */
  | { readonly type: 'persisted' }
  /** An operator was told that the record is safe here. */
  | { readonly type: 'published'; readonly module: ModuleName; readonly event: PublishedEvent }
  | { readonly type: 'acknowledged'; readonly record: VerifiedDeployment }
  /** A host begins to run code. */
  | {
      readonly type: 'instance-started';
      readonly module: ModuleName;
      readonly generation: Generation;
      readonly record: VerifiedDeployment;
      readonly code: ContentHash;
    }
  /** An instance serves from now on. */
  | { readonly type: 'instance-active'; readonly module: ModuleName; readonly instance: Running }
  /** `served`: what served until now; null when the instance did not. `stopped` by its core, or it `failed` by itself. */
  | {
      readonly type: 'instance-ended';
      readonly module: ModuleName;
      readonly generation: Generation;
      readonly served: Running | null;
      readonly why: 'stopped' | 'failed';
    }
  /** A message, or the answer to one, reached an instance. */
  | { readonly type: 'message'; readonly module: ModuleName; readonly from: Provenance; readonly to: Provenance }
  /** An instance is given a state, which was taken of another at that time. */
  | {
      readonly type: 'state';
      readonly module: ModuleName;
      readonly generation: Generation;
      readonly from: Provenance;
      readonly to: Provenance;
      readonly takenAt: number;
    }
  /** The files of the configuration were damaged: `one` of its two copies, or both. */
  | { readonly type: 'damaged'; readonly copies: 'one' | 'both' }
  /** Goes on after it was frozen. */
  | { readonly type: 'thawed' }
  /** The disk spoiled the newest checkpoints: the node no longer knows for sure what ran last. */
  | { readonly type: 'checkpoints-damaged' }
  | { readonly type: 'up' }
  /** It was told to stop: its instances end before it is down. */
  | { readonly type: 'leaving' }
  | { readonly type: 'down' }
);
