/** The part of the protocol's border that has to do with what applications, and modules that use others, ask of modules and hear of them. */
import type { Content } from '../model/content.ts';
import type { Failure } from '../model/errors.ts';
import type { ModuleName } from '../model/names.ts';
import type { PublishedEvent } from '../sdk/content.ts';
import type { CallToken, Generation, Token } from './tokens.ts';

/** What came of a request. */
export type RequestReply = { readonly content: Content } | { readonly failure: Failure };

/** The instance that asks another module. */
export interface Asker {
  readonly module: ModuleName;
  readonly generation: Generation;
  /** How long it waits for all; the request does not wait longer for an instance. */
  readonly waitMs: number;
}

export type AskingEvent =
  /** An application on this machine asks a module, or the instance of another module does (`by`); answered by exactly one `app-reply`. */
  | {
      readonly type: 'app-request';
      readonly token: CallToken;
      readonly module: ModuleName;
      readonly content: Content;
      readonly by?: Asker | undefined;
    }
  /** Outcome of a `serve`. */
  | { readonly type: 'served'; readonly token: Token; readonly reply: RequestReply }
  /** A module instance tells those that watch it. */
  | { readonly type: 'module-publish'; readonly module: ModuleName; readonly generation: Generation; readonly event: PublishedEvent };

export type AskingEffect =
  /** Puts a request to an instance; answered by `served`. `by`: the module that asks, null for an application. */
  | {
      readonly type: 'serve';
      readonly token: Token;
      readonly module: ModuleName;
      readonly generation: Generation;
      readonly content: Content;
      readonly by: ModuleName | null;
    }
  | { readonly type: 'app-reply'; readonly token: CallToken; readonly reply: RequestReply }
  /** For those that watch the module. */
  | { readonly type: 'publish'; readonly module: ModuleName; readonly event: PublishedEvent };
