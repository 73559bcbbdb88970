/**
 * The border of the protocol: what happens to a node (events), and what it wants done (effects).
 *
 * `GossipNode.handle(event, now)` returns effects that must be performed in order: everything after a `persist-configuration`
 * or a `persist-injection` waits until that is durable (laws 1 and 5); nothing waits for hints. Behind a checkpoint, which may be large, waits only what reads it and
 * what would make the next one: `load-checkpoint` and `take-state` of its module. The daemon performs them for real, the simulator on virtual
 * devices. Times are milliseconds of a clock that only runs forward; it need not agree with anybody's (law 7).
 */
import type { Failure } from '../model/errors.ts';
import type { CodeReference, VerifiedDeployment } from '../model/deployment.ts';
import type { NumberScope } from '../api/deployments.ts';
import type { StateBytes } from '../model/state-bytes.ts';
import type { ModuleName, NodeId, PayloadHash, Peer } from '../model/names.ts';
import type { Trust } from '../trust/trust.ts';
import type { Words } from '../trust/words.ts';
import type { AskingEffect, AskingEvent } from './asking.ts';
import type { Hint } from './hint.ts';
import type { GossipAnswer, GossipRequest } from './messages.ts';
import type { NoteBook } from './note-book.ts';
import type { VerifiedNote } from '../trust/node-note.ts';
import type { StrainView } from './strain.ts';
import type { CallToken, Generation, Token } from './tokens.ts';
import type { ModuleState } from './views.ts';

export type { Failure } from '../model/errors.ts';
export type { Asker, RequestReply } from './asking.ts';
export type { Hint, Sighting } from './hint.ts';
export type { CallToken, Generation, Token } from './tokens.ts';
export type { ModuleState, ModuleView, NodeView } from './views.ts';

/** A module's state, and what it belongs to. */
export interface Checkpoint {
  /** The deployment whose instance wrote it. */
  readonly deployment: PayloadHash;
  /** The state epoch it was written in: the last scrubbing deployment, or null. */
  readonly stateEpoch: PayloadHash | null;
  readonly state: StateBytes;
}

/** The state that was asked of an instance, or why it gave none. */
export type StateTaken = { readonly state: StateBytes } | { readonly failure: Failure };

export type ModuleReply = { readonly body: Uint8Array } | { readonly failure: Failure };

export type GossipEvent =
  /** First event of every run of the core. */
  | { readonly type: 'start' }
  | { readonly type: 'timer'; readonly token: Token }
  /** A peer asks; answered by exactly one `respond` with the same token. `address` and `incarnation` are the peer's own claims: hints. */
  | {
      readonly type: 'request';
      readonly token: CallToken;
      readonly from: Peer | { readonly id: NodeId };
      readonly message: GossipRequest;
      readonly incarnation?: number | null;
    }
  /** Outcome of a `send`. */
  | { readonly type: 'answer'; readonly token: Token; readonly message: GossipAnswer }
  | { readonly type: 'no-answer'; readonly token: Token; readonly failure: Failure }
  /** A member was found at an address that the operator named: it is there now, whatever was heard of it. */
  | { readonly type: 'peer-met'; readonly peer: Peer }
  /** A kept connection to the peer ended, and neither side meant it: perhaps its process is gone. */
  | { readonly type: 'peer-lost'; readonly id: NodeId }
  /** How long the thread of the core ran since this was told last, and how long it was ready to run without a processor; where the system tells, once a second. */
  | { readonly type: 'processor'; readonly ranMs: number; readonly waitedMs: number }
  /** Another choice of the modules that this node may run: `runs` answers differently. */
  | { readonly type: 'modules-chosen' }
  /** The node leaves: nothing else is asked of it from now on. */
  | { readonly type: 'leave' }
  /** An operator's injection: verified, and its code whole and durable here. Answered by `injected`. */
  | { readonly type: 'inject'; readonly token: CallToken; readonly record: VerifiedDeployment; readonly scope?: NumberScope }
  /** Outcome of a `persist-injection`; the refusal, or null when it is durable. */
  | { readonly type: 'persisted'; readonly token: CallToken; readonly refusal: Failure | null }
  /** A module instance asks for an exchange; answered by one `module-reply`. */
  | {
      readonly type: 'module-exchange';
      readonly token: CallToken;
      readonly module: ModuleName;
      readonly generation: Generation;
      readonly to: Peer;
      readonly body: Uint8Array;
    }
  /** Outcome of a `deliver`. */
  | { readonly type: 'delivered'; readonly token: Token; readonly reply: ModuleReply }
  | AskingEvent
  /** Outcome of a `fetch-code`. `referrals`: peers that a busy source named. `wrong`: whoever sent other bytes than were signed. */
  | { readonly type: 'code-fetched'; readonly token: Token; readonly wrong?: readonly NodeId[] }
  | {
      readonly type: 'code-failed';
      readonly token: Token;
      readonly failure: Failure;
      readonly referrals: readonly Peer[];
      readonly wrong?: readonly NodeId[];
    }
  /** Outcomes of `start-instance` (loaded, its own code hash checked, not yet running), `accept-state` and `activate`. */
  | { readonly type: 'instance-loaded'; readonly module: ModuleName; readonly generation: Generation }
  | { readonly type: 'instance-accepted'; readonly module: ModuleName; readonly generation: Generation }
  | { readonly type: 'instance-active'; readonly module: ModuleName; readonly generation: Generation }
  /**
   * The instance could not do the last thing that was asked of it, or ended by itself; it is gone. A start that fails with
   * `GOSSIP_E_CODE_ABSENT` or `GOSSIP_E_CODE_MISMATCH` says that the code is not here as it was signed: it is fetched (again).
   */
  | { readonly type: 'instance-failed'; readonly module: ModuleName; readonly generation: Generation; readonly failure: Failure }
  /** Outcome of `take-state` of an instance that goes on; one that ended meanwhile has failed. */
  | { readonly type: 'state-taken'; readonly module: ModuleName; readonly generation: Generation; readonly taken: StateTaken }
  /** Outcome of `load-checkpoint`; null when there is none that can be read. `ageMs`: how long ago its state was taken, as far as the clock can be trusted. */
  | { readonly type: 'checkpoint-loaded'; readonly module: ModuleName; readonly checkpoint: Checkpoint | null; readonly ageMs: number };

export type GossipEffect =
  | { readonly type: 'timer'; readonly token: Token; readonly at: number }
  | { readonly type: 'send'; readonly token: Token; readonly to: Peer; readonly message: GossipRequest }
  /** `acknowledges`: an operator brought a root or notes, and takes the answer for their receipt: what is not on the disk has none (law 5). */
  | { readonly type: 'respond'; readonly token: CallToken; readonly message: GossipAnswer; readonly acknowledges?: boolean }
  /** Answers `inject`. */
  | { readonly type: 'injected'; readonly token: CallToken; readonly answer: Injected }
  /** Makes it durable with an injected record in it. Answered by `persisted` before anything else is written, and not tried again. */
  | { readonly type: 'persist-injection'; readonly token: CallToken; readonly record: VerifiedDeployment }
  /** Makes the whole configuration durable, the steps of the root and the notes about nodes, as they are when the write begins: what was merged meanwhile is part of it (`GossipNode.records`). */
  | { readonly type: 'persist-configuration' }
  /** Makes the hints table durable; may be lost without harm, so it need not be fsynced. */
  | { readonly type: 'persist-hints'; readonly hints: readonly Hint[] }
  /** `ageMs`: how long ago the state was taken; it comes back with `checkpoint-loaded`. */
  | { readonly type: 'persist-checkpoint'; readonly module: ModuleName; readonly checkpoint: Checkpoint; readonly ageMs: number }
  /** Throws the module's checkpoints away (scrub, removal). */
  | { readonly type: 'drop-checkpoint'; readonly module: ModuleName }
  | { readonly type: 'load-checkpoint'; readonly module: ModuleName }
  /**
   * `patienceMs`: how long the source may be silent before it is given up. `waitMs`: how long it may wait for the code itself once it said that
   * the code is on its way to it; null: that is up to the source.
   */
  | {
      readonly type: 'fetch-code';
      readonly token: Token;
      readonly code: CodeReference;
      readonly from: Peer;
      /** Who may have, or get, pieces of it, where it is large. */
      readonly others: readonly Peer[];
      readonly patienceMs: number;
      readonly waitMs: number | null;
    }
  | { readonly type: 'start-instance'; readonly module: ModuleName; readonly generation: Generation; readonly record: VerifiedDeployment }
  /** A snapshot of a running instance, which goes on. */
  | { readonly type: 'take-state'; readonly module: ModuleName; readonly generation: Generation }
  | { readonly type: 'accept-state'; readonly module: ModuleName; readonly generation: Generation; readonly state: StateBytes }
  | { readonly type: 'activate'; readonly module: ModuleName; readonly generation: Generation }
  /** `removed`: nothing follows it here; it may still speak until it has ended. */
  | {
      readonly type: 'stop-instance';
      readonly module: ModuleName;
      readonly generation: Generation;
      readonly reason: 'update' | 'removed';
    }
  | {
      readonly type: 'deliver';
      readonly token: Token;
      readonly module: ModuleName;
      readonly generation: Generation;
      readonly from: Peer;
      readonly body: Uint8Array;
    }
  | {
      readonly type: 'module-reply';
      readonly token: CallToken;
      readonly module: ModuleName;
      readonly generation: Generation;
      readonly reply: ModuleReply;
    }
  | AskingEffect
  /** The node was revoked: every connection with it ends at once, and none is begun or taken (attack B15). */
  | { readonly type: 'part'; readonly id: NodeId }
  /** Tells every instance that a connection to the peer was lost: a hint, which may be missed. */
  | { readonly type: 'tell-lost'; readonly peer: Peer }
  /** What the node did, for the journal and the log. */
  | { readonly type: 'note'; readonly note: Note };

/** The effect of one type, or of one of several. */
export type EffectOf<T extends GossipEffect['type']> = Extract<GossipEffect, { type: T }>;

/** 'applied' and 'known': the record is durable here. 'taken': another record has its sequence. 'refused': by the disk; it does not spread. */
export type Injected = { readonly outcome: 'applied' | 'known' | 'taken' } | { readonly outcome: 'refused'; readonly why: Failure };

/** One thing a node did. */
export type Note =
  | {
      readonly event: 'deployment-accepted';
      readonly record: VerifiedDeployment;
      readonly via: 'injection' | 'exchange' | 'rumor' | 'backup';
      readonly from: NodeId | null;
    }
  | {
      readonly event: 'module-state';
      readonly module: ModuleName;
      readonly deployment: string | null;
      readonly state: ModuleState;
      readonly why: Failure | null;
    }
  /** A later version of the root holds from now on. */
  | { readonly event: 'root-accepted'; readonly version: number; readonly epoch: number; readonly from: NodeId }
  /** Nothing says any more that this node holds what most rendezvous nodes hold; or it does again. */
  | { readonly event: 'stale'; readonly stale: boolean }
  /** A note about a node holds from now on. */
  | { readonly event: 'note-accepted'; readonly note: VerifiedNote; readonly from: NodeId }
  /** A peer has said goodbye, to this node or to others. */
  | { readonly event: 'node-left'; readonly peer: Peer }
  /** A peer that was taken to have left has said that it is there again. */
  | { readonly event: 'node-back'; readonly peer: Peer }
  | { readonly event: 'code-fetched'; readonly module: ModuleName; readonly code: CodeReference; readonly from: NodeId }
  | { readonly event: 'backup-rate'; readonly rate: 'slow' | 'fast'; readonly why: string }
  /** The node has become strained, or (level 1) is so no more. */
  | { readonly event: 'strain'; readonly strain: StrainView }
  | { readonly event: 'conflict'; readonly a: VerifiedDeployment; readonly b: VerifiedDeployment }
  /** Something that a person must look at; told in the status too, for as long as it holds. */
  | { readonly event: 'alarm'; readonly alarm: Failure }
  | { readonly event: 'state-dropped'; readonly module: ModuleName; readonly why: string }
  /** An instance began with a checkpoint, because nothing ran that could hand over: what came after it is lost. */
  | { readonly event: 'state-restored'; readonly module: ModuleName; readonly deployment: string; readonly ageMs: number }
  /** The running instance gives no state any more, or (null) gives it again. */
  | { readonly event: 'checkpoint'; readonly module: ModuleName; readonly deployment: string; readonly why: Failure | null }
  /** `receive` gave a peer no answer; `untold`: how often the instance gave none, to anybody, since the last such note. */
  | {
      readonly event: 'receive-failed';
      readonly module: ModuleName;
      readonly deployment: string;
      readonly from: Peer;
      readonly failure: Failure;
      readonly untold: number;
    }
  /** Likewise `request` an application, or another module. */
  | {
      readonly event: 'request-failed';
      readonly module: ModuleName;
      readonly deployment: string;
      readonly failure: Failure;
      readonly untold: number;
    };

/** How fast a node gossips. All derived from `intervalMs` unless said; see `timing.ts`. */
export interface GossipNodeOptions {
  readonly self: Peer;
  readonly incarnation: number;
  /** The root's rendezvous nodes, perhaps with this node among them. */
  readonly rendezvous: readonly Peer[];
  /** The root, where it can change; that of `rendezvous` otherwise. */
  readonly trust?: Trust;
  /** The notes about nodes as they were on disk; the node adds to them. Default: none. */
  readonly notes?: NoteBook;
  /** Whether this node may run the module (`--modules`); it carries the configuration of the others all the same. */
  readonly runs: (module: ModuleName) => boolean;
  /** What it signs with its own key; absent where nodes have none. */
  readonly words?: Words;
  /** The configuration and the hints as they were on disk. */
  readonly records: readonly VerifiedDeployment[];
  readonly hints: readonly Hint[];
  /** One gossip round, in milliseconds (default 1,000). */
  readonly intervalMs: number;
  /** Numbers in [0, 1); the only source of chance. */
  readonly random: () => number;
}
