/** Signs of life of a running node, for whoever watches over its process. */
import type { GossipNode } from '../gossip/node.ts';

export interface Life {
  /** How often the protocol's pulse has beaten: once a second, and not at all while the protocol stands still, whatever else of the process still turns. */
  readonly pulses: number;
  /** Modules that are deployed, and of them those that have a running instance. */
  readonly modules: number;
  readonly running: number;
  /** Other nodes that it knows of. */
  readonly known: number;
}

export function lifeOf(node: Pick<GossipNode, 'view'>, now: number): Life {
  const { work, modules, hints } = node.view(now);
  const wanted = modules.filter(({ newest }) => newest.deployment.code !== null);
  return {
    pulses: work.lateness.count,
    modules: wanted.length,
    running: wanted.filter(({ running }) => running !== null).length,
    known: hints.length,
  };
}
