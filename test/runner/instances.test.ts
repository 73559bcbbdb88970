/** Instances of modules on a node, with real hosts: whatever begins is reported, and nothing outlives its end. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type * as HostsModule from '../../src/core/adapters/hosts.ts';
import type { Logger } from '../../src/core/log/log.ts';
import type * as Content from '../../src/core/store/code/content-store.ts';
import type { EffectOf, GossipEvent } from '../../src/gossip/protocol.ts';
import type { ModuleName } from '../../src/model/names.ts';
import { Instances } from '../../src/runner/instances.ts';
import { encodeManifest } from '../../src/trust/manifest.ts';
import { moduleCode, words } from '../support/code.ts';
import type { Code } from '../support/code.ts';
import { builtCopy } from '../support/live-cluster.ts';
import { peer, record } from '../support/records.ts';
import { stateOf } from '../../src/model/state-bytes.ts';
import { NOBODY_ELSE } from '../support/uses.ts';

const MODULE = 'words' as ModuleName;
const DEADLINE_MS = 60_000;
const HANGING = moduleCode('words', 'while (true);');
const HANGS_AT_STOP = moduleCode(
  'words',
  'export default class { receive() {} transferState() { return ""; } acceptState() {} stop() { while (true); } }',
);

interface Bench {
  readonly instances: Instances;
  readonly inspect: HostsModule.ModuleHosts['inspect'];
  readonly stopAll: () => Promise<void>;
  readonly events: GossipEvent[];
  /** Errors in the log. */
  readonly logged: object[];
  readonly start: (generation: number, code: Code) => Promise<void>;
  readonly until: (what: string, holds: () => boolean) => Promise<void>;
  /** Host processes that this test started and that still run. */
  readonly hosts: () => Promise<number>;
}

async function bench(): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-instances-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const load = await builtCopy();
  const { ModuleHosts } = await load<typeof HostsModule>('core/adapters/hosts.ts');
  const { ContentStore } = await load<typeof Content>('core/store/code/content-store.ts');
  const content = await ContentStore.open(directory, { quotaBytes: 10_000_000 });
  const events: GossipEvent[] = [];
  const logged: object[] = [];
  let token = 0;
  const silent = (): void => undefined;
  const hosts = new ModuleHosts({
    self: peer(1),
    incarnation: 1,
    intervalMs: 100,
    content,
    log: {
      debug: silent,
      info: silent,
      warn: silent,
      error: (fields: object, text: string) => void logged.push({ ...fields, text }),
    } as unknown as Logger,
    logs: { append: silent },
    peers: () => ({ near: [peer(2)], others: [] }),
    strain: () => 1,
    uses: NOBODY_ELSE,
  });
  const instances = new Instances({ hosts, ask: () => undefined, wait: () => (token += 1), report: (event) => void events.push(event) });
  const stopAll = (): Promise<void> => new Promise((done) => instances.stopAll(done));
  onTestFinished(stopAll);
  return {
    instances,
    inspect: (module, generation) => hosts.inspect(module, generation),
    stopAll,
    events,
    logged,
    start: async (generation, code) => {
      await content.putManifest(code.reference.hash, encodeManifest(code.manifest));
      for (const [hash, blob] of code.blobs) await content.putBlob(hash, blob, blob.length);
      const effect: EffectOf<'start-instance'> = {
        type: 'start-instance',
        module: MODULE,
        generation,
        record: record(generation, { module: MODULE, code: code.reference }),
      };
      instances.start(effect);
    },
    until: async (what, holds) => {
      const end = performance.now() + DEADLINE_MS;
      while (!holds()) {
        if (performance.now() > end) throw new Error(`not in time: ${what}; ${JSON.stringify(events)}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    hosts: () => childrenOf(process.pid),
  };
}

async function childrenOf(pid: number): Promise<number> {
  const ids = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter(Boolean);
  // esbuild keeps a process of its own.
  const names = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return names.filter((name) => name.includes('host.mjs')).length;
}

const types = (events: readonly GossipEvent[]): string[] => events.map((event) => event.type);

test('an instance goes through its life and answers', async () => {
  const { instances, events, inspect, start, until } = await bench();
  await start(1, words());
  await until('it is loaded', () => types(events).includes('instance-loaded'));
  instances.acceptState({ type: 'accept-state', module: MODULE, generation: 1, state: stateOf('["old"]') });
  await until('it has accepted', () => types(events).includes('instance-accepted'));
  instances.activate({ type: 'activate', module: MODULE, generation: 1 });
  await until('it is active', () => types(events).includes('instance-active'));
  instances.takeState({ type: 'take-state', module: MODULE, generation: 1 });
  await until('its state is taken', () => types(events).includes('state-taken'));
  expect(events.find(({ type }) => type === 'state-taken')).toEqual({
    type: 'state-taken',
    module: MODULE,
    generation: 1,
    taken: { state: stateOf('["old"]') },
  });
  instances.deliver({ type: 'deliver', token: 7, module: MODULE, generation: 1, from: peer(2), body: Buffer.from('["new"]') });
  await until('it answers', () => types(events).includes('delivered'));
  expect(await inspect(MODULE, 1)).toMatchObject({ words: ['new', 'old'] });
  await until('it asks for an exchange', () => types(events).includes('module-exchange'));
  await expect(inspect(MODULE, 2)).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_ABSENT' });
});

test('whatever is asked of an instance that is not there is answered: with nothing, or as a failure', async () => {
  const { instances, events, until } = await bench();
  instances.takeState({ type: 'take-state', module: MODULE, generation: 1 });
  instances.deliver({ type: 'deliver', token: 7, module: MODULE, generation: 1, from: peer(2), body: Buffer.from('[]') });
  instances.stop({ type: 'stop-instance', module: MODULE, generation: 1, reason: 'removed' });
  await until('both are answered', () => events.length === 2);
  expect(events).toMatchObject([
    { type: 'state-taken', taken: { failure: { code: 'GOSSIP_E_MODULE_ABSENT' } } },
    { type: 'delivered', token: 7, reply: { failure: { code: 'GOSSIP_E_MODULE_ABSENT' } } },
  ]);
});

test('code that is not here fails with a reason', async () => {
  const { instances, events, until } = await bench();
  instances.start({
    type: 'start-instance',
    module: MODULE,
    generation: 1,
    record: record(1, { module: MODULE, code: words().reference }),
  });
  await until('it failed', () => events.length > 0);
  expect(events).toMatchObject([{ type: 'instance-failed', generation: 1, failure: { code: 'GOSSIP_E_CODE_ABSENT' } }]);
});

test('an instance that is stopped while it starts is given up, says nothing, and leaves no process', async () => {
  const { instances, events, stopAll, start, hosts } = await bench();
  await start(1, HANGING);
  while ((await hosts()) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  instances.stop({ type: 'stop-instance', module: MODULE, generation: 1, reason: 'removed' });
  await stopAll();
  expect([events, await hosts()]).toEqual([[], 0]);
});

test('the end of all waits also for ends that are under way, and afterwards nothing starts', async () => {
  const { instances, events, stopAll, start, until, hosts } = await bench();
  await start(1, HANGS_AT_STOP);
  await until('it is loaded', () => types(events).includes('instance-loaded'));
  instances.activate({ type: 'activate', module: MODULE, generation: 1 });
  await until('it is active', () => types(events).includes('instance-active'));
  instances.stop({ type: 'stop-instance', module: MODULE, generation: 1, reason: 'removed' });
  await stopAll();
  expect(await hosts()).toBe(0);
  await start(2, words());
  await stopAll();
  expect(await hosts()).toBe(0);
});

test('a class that has only what it must have is a module', async () => {
  const { instances, events, inspect, start, until } = await bench();
  await start(1, moduleCode('words', 'export default class { receive() {} transferState() { return ""; } acceptState() {} }'));
  await until('it is loaded', () => types(events).includes('instance-loaded'));
  instances.activate({ type: 'activate', module: MODULE, generation: 1 });
  await until('it is active', () => types(events).includes('instance-active'));
  expect(await inspect(MODULE, 1)).toBeNull();
});

test('an instance that fails is an error in the log, with what it printed last', async () => {
  const { instances, events, logged, start, until } = await bench();
  const dies = 'start() { setTimeout(() => { console.log("my last words"); throw new Error("no luck"); }, 1); }';
  await start(1, moduleCode('words', `export default class { receive() {} transferState() { return ""; } acceptState() {} ${dies} }`));
  await until('it is loaded', () => types(events).includes('instance-loaded'));
  instances.activate({ type: 'activate', module: MODULE, generation: 1 });
  await until('it failed', () => types(events).includes('instance-failed'));
  // What it printed of it itself is an error there, too.
  const line = logged.find((each) => 'text' in each && each.text === 'instance failed');
  expect(line).toMatchObject({ text: 'instance failed', code: 'GOSSIP_E_MODULE_CRASH', why: expect.stringContaining('no luck') });
  expect(line).toMatchObject({ lastWords: expect.arrayContaining(['my last words']) });
});
