/** `gossip simulate` as the built program: interrupted, and piped to a reader that ends early. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { gossipHere, launch, until, withDirectory } from '../support/gossip.ts';
import type { Ran } from '../support/gossip.ts';
import { writeModule } from '../support/modules.ts';

/** More runs than anybody waits for. */
const ENDLESS = ['simulate', '--nodes', '10', '--interval', '200ms', '--seeds', '10000'];
const ONE = ['simulate', '--nodes', '8', '--rendezvous', '2', '--interval', '200ms', '--seeds', '1'];
/** Seconds of events. */
const REPLAY = ['simulate', '--nodes', '300', '--interval', '200ms', '--replay', '1'];

/** What the command prints when it is interrupted, of a run that was going long enough for some seeds to be done. */
async function interrupted(home: string, isLongEnough: (stdout: string) => boolean, ...flags: string[]) {
  for (let ms = 500; ; ms *= 2) {
    const command = launch([...ENDLESS, ...flags], { home });
    await delay(ms);
    command.child.kill('SIGINT');
    const ended = await command.ended;
    if (isLongEnough(ended.stdout)) return ended;
  }
}

test('Ctrl-C shows what is known by then, and ends with the exit code of an interrupt', async () => {
  await withDirectory(async (home) => {
    const { code, stdout, stderr } = await interrupted(home, (text) => text.includes(' (seed'));
    expect([code, stderr]).toEqual([130, 'Interrupted; this is what was known by then.\n']);
    expect(stdout).toMatch(/^10 nodes .*\n\d+ runs? \(seeds? [\s\S]*^100 % [\s\S]*^rendezvous nodes /m);
  });
}, 120_000);

test('Ctrl-C gives programs the same report, and says in it that it is not whole', async () => {
  await withDirectory(async (home) => {
    const { code, stdout, stderr } = await interrupted(home, (text) => /"seed": \d/.test(text), '--json');
    expect([code, stderr]).toEqual([130, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      interrupted: true,
      plan: { nodes: 10 },
      deployments: [{ milestones: [{ percent: 50 }, {}, {}, {}] }],
    });
  });
}, 120_000);

test('Ctrl-C ends a replay after what it has shown', async () => {
  await withDirectory(async (home) => {
    const replay = launch(REPLAY, { home });
    await until('it shows events', async () => replay.stdout().includes('\n2 '));
    replay.child.kill('SIGINT');
    const { code, stdout } = await replay.ended;
    expect(code).toBe(130);
    expect(stdout).toMatch(/^1 \d+\.\d{3} /);
  });
}, 120_000);

test('a replay ends when whoever reads it has seen enough', async () => {
  await withDirectory(async (home) => {
    const replay = launch(REPLAY, { home });
    await until('it shows events', async () => replay.stdout().includes('\n2 '));
    replay.child.stdout?.destroy();
    expect((await replay.ended).signal).toBeNull();
  });
}, 120_000);

describe("an author's own module", () => {
  /** Gossips the greatest number that any node has drawn. */
  const greatest = (receive = ''): string => `export default class Greatest {
  constructor(context) { this.context = context; this.most = 0; }
  acceptState(state) { this.most = JSON.parse(state); }
  start() {
    this.most = Math.max(this.most, this.context.random());
    this.context.every(this.context.intervalMs, () => this.round());
  }
  async round() {
    for (const peer of this.context.peers(1)) this.most = Math.max(this.most, await this.context.exchange(peer, this.most).catch(() => 0));
  }
  receive(heard) { ${receive} this.most = Math.max(this.most, Number(heard) || 0); return this.most; }
  transferState() { return JSON.stringify(this.most); }
  inspect() { return { most: this.most, step: this.context.settings.step }; }
}`;

  function simulated(source: string, act: (own: (...flags: string[]) => Promise<Ran>) => Promise<void>): Promise<void> {
    return withDirectory(async (home) => {
      const path = await writeModule(home, { name: 'greatest', version: '1.0.0', source });
      await act((...flags) => gossipHere([...ONE, '--module', path, ...flags], home));
    });
  }

  test(
    'runs on every node, is updated, and what it shows in the end is told, the same each time',
    () =>
      simulated(greatest(), async (own) => {
        const { code, stdout, stderr } = await own('--settings', '{"step":2}');
        expect([code, stderr]).toEqual([0, '']);
        expect(stdout).toMatch(/^8 nodes .*, module greatest\n/);
        expect(stdout).toMatch(/^greatest, seed 1: inspect\(\) was the same on 8 of 8 nodes in the end: \{"most":0\.\d+,"step":2\}$/m);
        const [first, again] = [await own('--json'), await own('--json')];
        expect(again.json).toEqual(first.json);
        expect(first.json).toMatchObject({ runs: [{ complete: true, own: { failures: 0, running: 8, shown: { nodes: 8 } } }] });
      }),
    60_000,
  );

  test(
    'that fails the check of modules is refused before anything is simulated',
    () =>
      simulated('export default class Nothing {}', async (own) => {
        const { code, stdout, stderr } = await own();
        expect([code, stdout]).toEqual([1, '']);
        expect(stderr).toMatch(
          /^Error: load: .*has no receive\(\).* \[GOSSIP_E_MODULE_LOAD\]\n {2}Fix the code.* See 'gossip module check /,
        );
      }),
    60_000,
  );

  test(
    'that throws where nobody catches it ends the simulation with its words',
    () =>
      simulated(
        greatest("if (typeof heard === 'number' && heard > 0) setImmediate(() => { throw new Error('gone wild'); });"),
        async (own) => {
          const { code, stderr } = await own();
          expect([code, stderr]).toEqual([1, expect.stringMatching(/^Error: .*gone wild.* \[GOSSIP_E_MODULE_CRASH\]\n/)]);
        },
      ),
    60_000,
  );
});
