/** When a node looks for members at what its sources name, whom it calls there, and whom it believes. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Discovery } from '../../../src/core/discovery/discovery.ts';
import type { DiscoveryParts } from '../../../src/core/discovery/discovery.ts';
import type { Names } from '../../../src/core/discovery/names.ts';
import { parseSources } from '../../../src/core/discovery/wish.ts';
import { GossipError } from '../../../src/model/errors.ts';
import type { Address, NodeId, Peer } from '../../../src/model/names.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';

const OWN = '10.0.0.99:7946' as Address;
const SELF = 'f'.repeat(64) as NodeId;

interface World {
  readonly discovery: Discovery;
  /** Addresses in the order in which they were called. */
  readonly called: Address[];
  readonly met: Address[];
  readonly warned: string[];
  asked: number;
  living: Address[];
}

/** A node with one source, `dns:all`, that names these addresses; who is called there is a member unless `strangers` has it. */
function world(
  given: () => readonly string[] | Promise<never>,
  more: Partial<DiscoveryParts> & { strangers?: readonly string[] } = {},
): World {
  const { strangers = [], ...parts } = more;
  const names: Names = { addresses: async () => ((found.asked += 1), given()), services: () => Promise.reject(new Error('not asked')) };
  const met: Address[] = [];
  const called: Address[] = [];
  const warned: string[] = [];
  const discovery = new Discovery(parseSources(['dns:all']), {
    identify: async (address) => {
      called.push(address);
      return address === OWN ? SELF : (address.replaceAll(/\D/g, '').padEnd(64, '0') as NodeId);
    },
    greet: async ({ address }) => {
      if (strangers.includes(address)) throw new GossipError('GOSSIP_E_NOT_ADMITTED', 'a stranger');
      return 'somebody';
    },
    met: (peer: Peer) => void met.push(peer.address),
    self: SELF,
    own: OWN,
    living: () => found.living,
    log: { info: () => undefined, warn: (fields: object) => void warned.push(JSON.stringify(fields)) },
    now: () => performance.now(),
    names,
    pausesMs: [1, 1, 1],
    ...parts,
  });
  const found: World = { discovery, called, met, warned, asked: 0, living: [] };
  onTestFinished(() => discovery.stop());
  discovery.begin();
  return found;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setImmediate();
}

const many = Array.from({ length: 40 }, (_, index) => `10.0.0.${index + 1}`);

test('it calls some, and ends as soon as a few members are met', async () => {
  const found = world(() => many, { pausesMs: [3_600_000, 3_600_000, 3_600_000] });
  await until(() => found.discovery.status()[0]?.met === 4);
  expect([found.asked, found.called.length]).toEqual([1, 4]);
  expect(found.discovery.status()).toMatchObject([
    { source: 'dns:all', addresses: 40, known: 0, met: 4, unmet: 0, failed: [], error: null },
  ]);
});

test('whoever shows no admission of this cluster is never met, and told with the reason; its own address is not called', async () => {
  const strangers = ['10.0.0.1:7946', '10.0.0.2:7946'];
  const found = world(() => ['10.0.0.1', '10.0.0.2', '10.0.0.99'], { strangers });
  await until(() => found.asked > 5);
  expect([found.met, found.called.includes(OWN), found.warned.length]).toEqual([[], false, 1]);
  const [status] = found.discovery.status();
  expect(status).toMatchObject({ addresses: 3, met: 0, unmet: 2 });
  expect(status?.failed.map(({ code }) => code)).toEqual(['GOSSIP_E_NOT_ADMITTED', 'GOSSIP_E_NOT_ADMITTED']);
});

test('while it is alone it asks again, each reason is told once, and one that comes later is found', async () => {
  const answers: (readonly string[] | Error)[] = [
    new Error('down'),
    new Error('down'),
    [],
    new GossipError('GOSSIP_E_BUSY', 'x'),
    ['10.0.0.1'],
  ];
  let asked = 0;
  const found = world(() => {
    const answer = answers[Math.min(asked++, answers.length - 1)] ?? [];
    return answer instanceof Error ? Promise.reject(answer) : answer;
  });
  await until(() => found.met.length > 0);
  expect(found.met[0]).toBe('10.0.0.1:7946');
  expect(found.warned).toEqual([expect.stringContaining('down'), expect.stringContaining('looked up: x')]);
});

test('with enough living peers nobody is asked; when these are lost, it asks again', async () => {
  let checks = 0;
  let alive = ['10.0.0.1:7946', '10.0.0.2:7946', '10.0.0.3:7946'] as Address[];
  const found = world(() => many.slice(0, 3), { living: () => ((checks += 1), alive) });
  await until(() => checks > 20);
  // Once at the start, whatever it remembers.
  expect(found.asked).toBe(1);
  alive = [];
  await until(() => found.asked > 1);
});

test('members that are alive are not called', async () => {
  const found = world(() => ['10.0.0.1', '10.0.0.2']);
  await until(() => found.asked > 0);
  found.living = ['10.0.0.1:7946' as Address];
  const before = found.asked;
  await until(() => found.asked > before + 3);
  const calls = found.called.length;
  const asked = found.asked;
  await until(() => found.asked > asked + 3);
  expect(found.called.slice(calls)).not.toContain('10.0.0.1:7946');
  expect(found.discovery.status()).toMatchObject([{ known: 1, addresses: 2 }]);
});

test('a source that is exchanged is asked at once; a file is read anew', async () => {
  const path = join(await temporaryDirectory(), 'peers');
  const found = world(() => [], { pausesMs: [3_600_000, 3_600_000, 3_600_000] });
  await until(() => found.discovery.status()[0]?.askedMs !== null);
  await writeFile(path, '10.0.0.7:1\n');
  found.discovery.replace(parseSources([`file:${path}`]));
  await until(() => found.met.length > 0);
  expect([found.met, found.discovery.status().map(({ source }) => source)]).toEqual([['10.0.0.7:1'], [`file:${path}`]]);
});

test('a look-up that never ends holds up no end of the node', async () => {
  const found = world(() => new Promise<never>(() => undefined));
  await until(() => found.asked > 0);
  await expect(found.discovery.stop()).resolves.toBeUndefined();
});
