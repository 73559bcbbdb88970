/** What commands share that ask a module, or watch it. */
import type { Gossip, Json, Watched, WatchOptions } from '../../client/index.ts';
import { given } from '../../process/environment.ts';
import { BaseCommand } from './base-command.ts';
import { withLocalNode, withNodeElsewhere } from './door-flags.ts';
import type { DoorFlags, WithNode } from './door-flags.ts';
import { interruptible } from './interruptible.ts';

/** More than a node takes for the slowest update and the slowest answer. */
const ASK_MS = 30_000;
/** The longest that timers know. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export abstract class ModuleCommand extends BaseCommand {
  /** Runs `act` with the node that the flags name. `timeoutMs`: for all of it. */
  protected async withNode<Result>(flags: DoorFlags, act: WithNode<Result>, timeoutMs?: number): Promise<Result> {
    const { to } = flags;
    if (to === undefined) return withLocalNode(flags, act, timeoutMs);
    return this.withCluster(clusterOf(flags), (session) => withNodeElsewhere(session, to, act, timeoutMs));
  }

  protected ask(
    flags: DoorFlags & { readonly timeout: number | undefined },
    module: string,
    request: Json | Uint8Array,
  ): Promise<Json | Uint8Array> {
    const timeoutMs = flags.timeout ?? ASK_MS;
    // The signal says it first, and of the whole.
    const options = { timeoutMs: MAX_TIMER_MS };
    return this.withNode(
      flags,
      (node, signal) => node.module(module).request(request, { ...options, ...(signal && { signal }) }),
      timeoutMs,
    );
  }

  /** Prints every event until it is interrupted. `module`: null for the node itself. */
  protected async follow(
    flags: DoorFlags & { readonly after: string | undefined },
    module: string | null,
    topic: string | undefined,
    print: (event: Watched) => void,
  ): Promise<void> {
    const { after } = flags;
    await interruptible(
      (signal) =>
        this.withNode(flags, async (node) => {
          const onBreak = (error: Error): void => this.complain(`${error.message}; trying again`);
          const options = { signal, onBreak, ...(topic !== undefined && { topic }), ...(after !== undefined && { after }) };
          for await (const event of streamOf(node, module, options)) {
            if (event.type === 'lost' && !this.jsonEnabled()) this.complain(`${event.lost ?? 'Some'} events were lost.`);
            else print(event);
          }
          signal.throwIfAborted();
        }),
      () => undefined,
    );
  }
}

export function clusterOf({ cluster }: DoorFlags): string | undefined {
  return cluster ?? given('GOSSIP_CLUSTER');
}

function streamOf(node: Gossip, module: string | null, options: WatchOptions): AsyncIterable<Watched> {
  return module === null ? node.events(options) : node.module(module).watch(options);
}
