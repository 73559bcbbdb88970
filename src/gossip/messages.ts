/** What cores say to each other. `wire.ts` turns these into HTTP and back. */
import type { ErrorCode } from '../model/errors.ts';
import type { Envelope, VerifiedDeployment } from '../model/deployment.ts';
import type { ModuleName, NodeId, PayloadHash, Peer } from '../model/names.ts';
import type { TrustedRoot } from '../trust/root.ts';
import type { VerifiedNote } from '../trust/node-note.ts';
import type { Digest } from './digest.ts';
import type { Stamp } from './stamp.ts';

/** Which records a configuration holds, by payload hash. */
export type Summary = readonly PayloadHash[];

/** Which root the sender holds, and steps to it for a receiver that is behind. Absent: the first one. */
export interface RootTold {
  readonly version: number;
  readonly hash: PayloadHash;
  /** The versions after the receiver's, in their order, perhaps not all of them. */
  readonly steps: readonly Envelope[];
  /** Of a message that was read: where the steps led to, verified. */
  readonly reached?: TrustedRoot;
  /** Of a message that was read: another root of the version that is held here, verified. */
  readonly rival?: TrustedRoot | undefined;
}

/** What nodes have signed with their own keys, a line each. */
export interface Spoken {
  /** Farewells of nodes that have left. */
  readonly left?: readonly string[] | undefined;
  /** Words of nodes that have come back. */
  readonly back?: readonly string[] | undefined;
  /** Tips of rendezvous nodes. */
  readonly tips?: readonly string[] | undefined;
}

/** Which notes about nodes the sender holds. Absent: none, or it does not know of notes. */
export interface NotesTold {
  readonly digest: Digest;
  /** Their hashes, where the two are known to hold others. */
  readonly known?: readonly PayloadHash[] | undefined;
  /** Some of them: news, or what the receiver lacks, perhaps not all of it. */
  readonly notes: readonly VerifiedNote[];
}

/** Where a node listens. `claimed`: by its own account alone; it has not answered there. */
export type ToldPeer = Peer & { readonly claimed?: true | undefined };

export type GossipRequest =
  /** Mediated gossip: a module's message, stamped with what its instance runs. */
  | {
      readonly kind: 'exchange';
      readonly module: ModuleName;
      readonly stamp: Stamp;
      readonly digest: Digest;
      readonly body: Uint8Array;
    }
  /** Configuration exchange: backup gossip (with a summary, no records), rumor (records, no summary), or a delta. */
  | (Spoken & {
      readonly kind: 'configuration';
      readonly digest: Digest;
      readonly summary: Summary | null;
      readonly records: readonly VerifiedDeployment[];
      readonly peers: readonly ToldPeer[];
      readonly root?: RootTold | undefined;
      readonly notes?: NotesTold | undefined;
      /** Whose address the sender looks for. */
      readonly sought?: NodeId | undefined;
    });

/** What a peer that speaks with this node answers. */
export type HeardAnswer =
  /** 200: the module's answer. */
  | { readonly kind: 'answer'; readonly digest: Digest; readonly body: Uint8Array }
  /** 409: the stamps differ. The records are those of this module that the asker may lack; empty when the asker is ahead. */
  | {
      readonly kind: 'mismatch';
      readonly digest: Digest;
      readonly stamp: Stamp | null;
      readonly records: readonly VerifiedDeployment[];
      readonly root?: RootTold | undefined;
    }
  /** 503: the module is absent or down here; the digest is compared all the same. */
  | { readonly kind: 'unavailable'; readonly digest: Digest; readonly reason: ErrorCode }
  /** 200: the answer to a configuration exchange. */
  | (Spoken & {
      readonly kind: 'configuration';
      readonly digest: Digest;
      /** Records of the answerer that the asker's summary lacked. */
      readonly records: readonly VerifiedDeployment[];
      /** Hashes in the asker's summary that the answerer lacks: the asker pushes them next. */
      readonly lacking: Summary;
      /** How many of the request's records were new: a rumor stops when the peers already know. */
      readonly fresh: number;
      readonly peers: readonly ToldPeer[];
      readonly root?: RootTold | undefined;
      readonly notes?: NotesTold | undefined;
    });

export type GossipAnswer =
  | HeardAnswer
  /** 403: the asker was revoked, by this note; null where it does not verify. */
  | { readonly kind: 'revoked'; readonly note: VerifiedNote | null };
