/** Where a row of the shared table is played: on a real host, in a `TestNetwork`, in the simulator. */
import type { Failure } from '../../../src/model/errors.ts';
import type { Body, Json, JsonObject, Shown, StopReason } from '../../../src/sdk/index.ts';

export interface Beginning {
  readonly settings?: JsonObject;
  readonly state?: string | Uint8Array;
  /** Members of another module on the node, deployed as `other`; the module of the row uses it, and `nobody`, which is not deployed. */
  readonly other?: Readonly<Record<string, string>>;
}

/** What module.json of a row's module names. */
export const USES = ['other', 'nobody'];

/** One node that runs the module of a row, and one peer that answers it with its own words: to 'fail' and its like it has no answer. */
export interface Stage {
  /** Loads, accepts the state if there is one, and starts: 'runs', or why not. */
  begin(members: Readonly<Record<string, string>>, beginning?: Beginning): Promise<string>;
  /** A live update to other members: 'runs', or why not. */
  update(members: Readonly<Record<string, string>>): Promise<string>;
  /** A message of the peer: its answer, or why there is none. */
  deliver(body: Body): Promise<Body>;
  /** What an application on the node's machine asks: the answer, or why there is none. */
  request(body: Body): Promise<Body>;
  inspect(): Promise<Shown>;
  /** The peer's process is gone, all at once. */
  lose(): Promise<void>;
  /** Ends the instance in order. */
  stop(reason: StopReason): Promise<void>;
  /** Lets time pass until it holds. */
  until(holds: () => boolean | Promise<boolean>): Promise<void>;
  /** What was published, with its topic. */
  readonly published: readonly (readonly [string, Json])[];
  /** What the peer heard. */
  readonly heard: Body[];
  /** Rejections that nobody handled, with their places. */
  readonly forgotten: string[];
}

/** Leaves out what differs for good reasons: places, and how long a real test should wait. */
export function plain(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replace(/^(?:\w*Error: )+/, '')
    .replace(/ \(at [^)]*\)$/, '')
    .replaceAll(/within \d+ ms/g, 'in time')
    .replace(/ \(only the time of the context passes here.*\)$/, '');
}

/** What a core says of the peer after its process ended, and of somebody whom it does not know. */
export function goneFailure({ id }: { readonly id: string }): Failure {
  const known = !id.startsWith('e');
  return { code: known ? 'GOSSIP_E_NOT_LISTENING' : 'GOSSIP_E_UNREACHABLE', message: 'it is gone' };
}
