/** What a node tells of itself to whoever watches it: at the door for applications, and to programs that are started for events. */

/** Another node. */
type OtherNode = { readonly id: string; readonly name: string; readonly address: string };

/**
 * How the node finds its peers, by the names that `gossip monitor` has for it. `peer-met`: it has answered for the first time; `peer-silent`: three calls to it in a row
 * have failed, and it has not called meanwhile; `peer-back`: it answers again; `node-left`: it has said goodbye; `node-back`: it takes that back.
 */
export type PeerChange = 'peer-met' | 'peer-silent' | 'peer-back' | 'node-left' | 'node-back';

/** A peer came, failed, left or is back. `silentMs`: of one that is silent, since when nothing was heard of it. `others`: of many at once so many are not named. */
export type PeerEvent =
  | { readonly event: PeerChange; readonly peer: OtherNode; readonly silentMs?: number }
  | { readonly event: PeerChange; readonly others: number };

/** What `Gossip.events` tells. Nodes of later versions may tell of more: what you do not know, leave. */
export type NodeEvent =
  /** A deployment was accepted here. `version`: null where it removes the module. */
  | {
      readonly event: 'deployment';
      readonly module: string;
      readonly deployment: string;
      readonly version: string | null;
      readonly message: string;
      readonly removed: boolean;
    }
  /** A module changed its state, such as `running`, `updating`, `held`, `failed`, `stopped`. */
  | {
      readonly event: 'module';
      readonly module: string;
      readonly deployment: string | null;
      readonly state: string;
      readonly why: { readonly code: string; readonly message: string } | null;
    }
  /** Something needs a person. */
  | { readonly event: 'alarm'; readonly code: string; readonly message: string }
  /** The node keeps a connection with the peer from now on, or not any more; that says nothing about the peer. */
  | { readonly event: 'peer'; readonly near: boolean; readonly peer: OtherNode }
  | PeerEvent;
