/** `gossip simulate` as the built program: interrupted, and piped to a reader that ends early. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { launch, until, withDirectory } from '../support/gossip.ts';

/** More runs than anybody waits for. */
const ENDLESS = ['simulate', '--nodes', '10', '--interval', '200ms', '--seeds', '10000'];
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
