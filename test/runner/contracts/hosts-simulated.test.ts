/** The simulator's hosts of modules. */
import type { ModuleName, PayloadHash } from '../../../src/model/names.ts';
import type { ModuleClass } from '../../../src/sdk/index.ts';
import type { Json } from '../../../src/sdk/index.ts';
import { ModuleHosts } from '../../../src/sim/node/module-hosts.ts';
import { markBody, markState, readBody, readState } from '../../../src/sim/node/provenance.ts';
import { makeCode } from '../../../src/sim/world/codes.ts';
import { Random } from '../../../src/sdk/virtual/random.ts';
import { Scheduler } from '../../../src/sdk/virtual/scheduler.ts';
import { peer, record } from '../../support/records.ts';
import { hostContract } from './hosts.ts';

const DEADLINE_MS = 60_000;
const provenance = { deployment: 'd'.repeat(64) as PayloadHash, stateEpoch: null };

hostContract(async () => {
  const scheduler = new Scheduler();
  let condition: 'whole' | 'absent' | 'spoiled' = 'whole';
  const ignore = (): void => undefined;
  const hosts = new ModuleHosts({
    self: peer(1),
    incarnation: 1,
    intervalMs: 1_000,
    random: new Random('hosts'),
    wallMs: () => scheduler.now,
    now: () => scheduler.now,
    after: (delayMs, run) => scheduler.after(delayMs, run),
    thread: () => null,
    promising: () => scheduler.promising(),
    peers: () => ({ near: [peer(2)], others: [] }),
    strain: () => 1,
    check: () => condition,
    provenance: () => provenance,
    watch: { started: ignore, active: ignore, ended: ignore, received: ignore },
  });
  return {
    hosts,
    order: async (source, code) => {
      condition = code;
      const { default: Module } = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as { default: ModuleClass };
      const { reference } = makeCode(Module, source, '1');
      return { module: 'probe' as ModuleName, generation: 1, record: record(1, { module: 'probe', code: reference }) };
    },
    message: (content) => markBody(JSON.stringify(content), provenance),
    said: (message) => JSON.parse(String(readBody(message).content)) as Json,
    state: (text) => markState(text, provenance, scheduler.now),
    stated: (state) => String(readState(state).content),
    kill: () => hosts.present()[0]?.host.crash(),
    until: async (holds) => {
      if (!(await scheduler.run(scheduler.now + DEADLINE_MS, holds))) throw new Error('it did not come to hold');
    },
  };
});
