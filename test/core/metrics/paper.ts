/** What a node on paper knows, for metrics to be read from. */
import { Traffic } from '../../../src/core/adapters/traffic.ts';
import type { RequestCounts } from '../../../src/core/adapters/request-counts.ts';
import type { Sources } from '../../../src/core/metrics/reading.ts';
import { takeReading } from '../../../src/core/metrics/reading.ts';
import type { Reading } from '../../../src/core/metrics/reading.ts';
import { Spread } from '../../../src/core/metrics/spread.ts';
import type { NodeStatus } from '../../../src/api/status.ts';
import { Work } from '../../../src/gossip/work.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import { nodeStatus } from '../../operator/paper-node.ts';
import { peer, record } from '../../support/records.ts';

export interface Paper {
  readonly status?: Partial<NodeStatus>;
  readonly modules?: readonly string[];
  readonly requests?: readonly (readonly [module: string, counts: RequestCounts])[];
  /** Modules whose breaker is open. */
  readonly broken?: readonly string[];
}

export function paperSources({ status = {}, modules = [], requests = [], broken = [] }: Paper = {}): Sources {
  const records = modules.map((module, index) => record(index + 1, { module }));
  const work = new Work();
  const views = records.map(({ deployment: { module } }) => ({ name: module, isBroken: broken.includes(module) }));
  return {
    core: {
      node: { view: () => ({ work, modules: views }) },
      hosts: { requests: new Map(requests as [ModuleName, RequestCounts][]) },
      stateSizes: new Map(records.map(({ deployment: { module } }) => [module, 100])),
    } as unknown as Sources['core'],
    status: () => nodeStatus(peer(1), records, status),
    client: { connecting: { underWay: 1, waiting: 2, leftAlone: 0, done: 3, failed: 4, declined: 5 } },
    server: { counts: { open: 7, handshakes: 1, identified: 8, turnedAway: 9 } },
    now: () => 0,
  };
}

export function paperReading(paper: Paper = {}): Reading {
  return takeReading(paperSources(paper), new Traffic(() => 0), new Spread(() => 1_000));
}
