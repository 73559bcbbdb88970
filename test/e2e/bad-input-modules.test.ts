/** Bad input: modules that no node can run. A node says why with a code, the old instance stays, and the next deployment heals. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterStatus, ModuleRow } from '../../src/operator/status/status.ts';
import { until } from '../support/gossip.ts';
import { TestLab } from '../support/lab.ts';
import { writeModule } from '../support/modules.ts';

/** Counts its rounds; the count travels from instance to instance. */
const GOOD = `
export default class Counter {
  constructor(context) { this.context = context; this.rounds = 0; }
  start() { this.context.every(this.context.intervalMs, () => this.round()); }
  async round() { this.rounds += 1; for (const peer of this.context.peers(1)) await this.context.exchange(peer, {}).catch(() => {}); }
  receive() { return {}; }
  acceptState(state) { this.rounds = Number(state); }
  transferState() { return String(this.rounds); }
  inspect() { return { rounds: this.rounds }; }
}
`;
const body = (start: string, accept = '') =>
  `export default class Bad { start() { ${start} } receive() {} acceptState() { ${accept} } transferState() { return ''; } inspect() {} }`;

interface Bad {
  readonly what: string;
  readonly source: string;
  readonly code: string;
  readonly says: RegExp;
}

const BAD: readonly Bad[] = [
  {
    what: 'imports what it does not carry',
    source: `import 'left-pad';\n${body('')}`,
    code: 'GOSSIP_E_MODULE_LOAD',
    says: /'left-pad'.*bundle it/,
  },
  { what: 'is no JavaScript', source: 'export default class {{{', code: 'GOSSIP_E_MODULE_LOAD', says: /^SyntaxError: / },
  {
    what: 'throws while it loads',
    source: `throw new Error('at load');`,
    code: 'GOSSIP_E_MODULE_LOAD',
    says: /^Error: at load \(at index\.mjs:1:7\)$/,
  },
  { what: 'exports nothing', source: 'export const other = 1;', code: 'GOSSIP_E_MODULE_LOAD', says: /no class as its default export/ },
  {
    what: 'exports no module',
    source: 'export default class Bad {}',
    code: 'GOSSIP_E_MODULE_LOAD',
    says: /no receive\(\), no transferState\(\)/,
  },
  {
    what: 'throws at start',
    source: body(`throw new Error('not today');`),
    code: 'GOSSIP_E_MODULE_START',
    says: /^Error: not today \(at index\.mjs:1:\d+\)$/,
  },
  {
    what: 'crashes right after its start',
    source: body(`setTimeout(() => { throw new Error('later'); });`),
    code: 'GOSSIP_E_MODULE_CRASH',
    says: /^crashed: Error: later \(at index\.mjs:1:\d+\)$/,
  },
  {
    what: 'wants more than the sandbox gives',
    source: `import { readFileSync } from 'node:fs';\nreadFileSync('/etc/passwd');\n${body('')}`,
    code: 'GOSSIP_E_MODULE_LOAD',
    says: /outside its directory, which is denied/,
  },
];

let lab: TestLab;
let directory: string;
let good: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gossip-bad-modules-'));
  good = await writeModule(directory, { name: 'counter', version: '1.0.0', source: GOOD });
  lab = await TestLab.up({ nodes: 1, rendezvous: 1 });
}, 60_000);

afterAll(async () => {
  await lab?.end();
  await rm(directory, { recursive: true, force: true });
}, 60_000);

describe('on a node that ran nothing before', () => {
  it('is not deployed unless told: the check names what failed', async () => {
    const bad = BAD[0] as Bad;
    const path = await writeModule(directory, { name: 'counter', version: 'unchecked', source: bad.source });
    for (const flags of [[], ['--dry-run'], ['--write', join(directory, 'unwritten')]]) {
      const { code, json } = await lab.run<{ error: { message: string } }>('deploy', path, ...flags, '--json');
      expect([code, json]).toEqual([
        1,
        { error: { code: bad.code, message: expect.stringMatching(/^load: it imports/), advice: expect.stringContaining('--no-check') } },
      ]);
    }
    expect((await lab.status()).newest).toEqual({});
  }, 60_000);

  it.each(BAD)(
    'a module that $what has failed, and says so in one line',
    async (bad) => {
      await deployBad(bad);
      const { nodes } = await lab.untilStatus('it says why', (status) =>
        everyModule(status, ({ state, why }) => state === 'failed' && why?.code === bad.code),
      );
      for (const { modules } of nodes) {
        expect(modules).toMatchObject([{ deployment: null, code: null, why: { message: expect.stringMatching(bad.says) } }]);
        expect(modules[0]?.why?.message).not.toContain('\n');
      }
    },
    60_000,
  );

  it('the next deployment heals at once, whatever backoff the bad ones earned', async () => {
    await lab.ask('deploy', good, '--wait');
    expect((await lab.converged()).nodes.map(({ modules }) => modules[0]?.state)).toEqual(['running']);
  }, 60_000);
});

describe('on a node that runs a good one', () => {
  const held = [
    ...BAD.filter(({ what }) => ['imports what it does not carry', 'exports nothing', 'throws at start'].includes(what)),
    {
      what: 'refuses the old state',
      source: body('', `throw new Error('not mine');`),
      code: 'GOSSIP_E_MODULE_STATE',
      says: /^Error: not mine /,
    },
  ];

  it.each(held)(
    'a module that $what is held, while the old instance goes on',
    async (bad) => {
      const before = await rounds();
      await deployBad(bad);
      const { nodes } = await lab.untilStatus('it holds', (status) =>
        everyModule(status, ({ state, why }) => state === 'held' && why?.code === bad.code),
      );
      for (const { modules } of nodes) {
        expect(modules).toMatchObject([{ code: expect.any(String), version: '1.0.0', why: { message: expect.stringMatching(bad.says) } }]);
      }
      await until('its rounds go on', async () => (await rounds()) > before);
    },
    60_000,
  );

  it('the next deployment heals, and takes over the state of the instance that went on', async () => {
    const before = await rounds();
    await lab.ask('deploy', good, '--wait', '-m', 'mended');
    await lab.converged();
    expect(await rounds()).toBeGreaterThanOrEqual(before);
  }, 60_000);
});

async function deployBad({ what, source }: Bad): Promise<void> {
  const path = await writeModule(directory, { name: 'counter', version: what.replaceAll(' ', '-'), source });
  const { code, json } = await lab.run('deploy', path, '--no-check', '--wait', '--json');
  expect(json).toMatchObject({
    converged: { nodes: 0 },
    error: { code: 'GOSSIP_E_HELD', message: expect.any(String), advice: expect.any(String) },
  });
  expect(code).toBe(5);
}

async function rounds(): Promise<number> {
  return (await lab.ask<{ state: { rounds: number } }>('module', 'inspect', 'counter', '--to', 'rendezvous1')).state.rounds;
}

function everyModule({ nodes }: ClusterStatus, holds: (module: ModuleRow) => boolean): boolean {
  return nodes.every(({ modules }) => modules.length > 0 && modules.every(holds));
}
