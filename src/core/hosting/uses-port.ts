/** The other modules of a node, as its hosts reach them. */
import type { Content } from '../../model/content.ts';
import type { Failure } from '../../model/errors.ts';
import type { ModuleName, Peer } from '../../model/names.ts';
import type { PeerChoice } from '../../sdk/peer-choice.ts';

export type UseOutcome = { readonly value: Content } | { readonly failure: Failure };

/** Takes events of a module that is watched. */
export interface WatchSink {
  /** `taken` is called when there is room for more; it may never be. */
  write(bytes: string | Uint8Array, taken: () => void): void;
  /** Nothing more will come. */
  end(why: string): void;
}

/** The other modules, as one instance reaches them. */
export interface UsesOfHost {
  readonly request: (module: ModuleName, content: Content, timeoutMs: number, done: (outcome: UseOutcome) => void) => void;
  /** Returns what ends it; throws a coded error where nothing would come. */
  readonly watch: (module: ModuleName, topic: string, sink: WatchSink) => () => void;
}

/** The same for all instances of a node. */
export interface ModuleUses extends Pick<UsesOfHost, 'watch'> {
  /** Whom the module may draw, those last that are not held alive here. */
  preferring(module: ModuleName, choice: PeerChoice<Peer>): PeerChoice<Peer>;
  /** Resolves when the module may ask once more. */
  turn(module: ModuleName): Promise<void>;
}
