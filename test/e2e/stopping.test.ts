/** How a node ends: in order at the first signal, also with a module that hangs; at once at the second. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gossip, startNode, until, withDirectory } from '../support/gossip.ts';
import type { RunningNode } from '../support/gossip.ts';
import { stubborn, writeModule } from '../support/modules.ts';
import { processesBelow } from '../support/processes.ts';

/** Twice what is promised, because the machine may be busy. */
const STOP_MS = 10_000;
/** Checkpoints come every few rounds: with rounds this long, none comes before the end. */
const NO_CHECKPOINT = ['--interval', '10m'];

test('the first signal ends a node in order within seconds, although its module hangs; nothing is left running', async () => {
  await withStubbornNode(async (node, data) => {
    node.signal('SIGTERM');
    const { code } = await within(node);
    expect(code).toBe(0);
    expect(node.log()).toContain('last-checkpoint-failed');
    await until('its module is gone', async () => (await processesBelow(data)).length === 0);
  });
}, 120_000);

test('the second signal ends a node at once, its module too', async () => {
  await withStubbornNode(async (node, data) => {
    node.signal('SIGTERM');
    await until('it is stopping', async () => node.log().includes('"msg":"stopping"'));
    node.signal('SIGINT');
    const { code } = await within(node);
    expect(code).toBe(130);
    expect(node.log()).not.toContain('last-checkpoint-failed');
    await until('its module is gone', async () => (await processesBelow(data)).length === 0);
  });
}, 120_000);

/** A one-node cluster that runs the stubborn module. */
async function withStubbornNode(act: (node: RunningNode, data: string) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const home = join(directory, 'home');
    const data = join(directory, 'data');
    await mkdir(home);
    const node = await startNode(['--name', 'alone', '--found', '--data', data, '--listen', '127.0.0.1:0', ...NO_CHECKPOINT], { home });
    const code = await writeModule(directory, stubborn);
    expect(await gossip(['deploy', code, '--no-check', '--wait'], { home })).toMatchObject({ code: 0 });
    expect(await processesBelow(data)).not.toEqual([]);
    await act(node, data);
  });
}

function within(node: RunningNode): RunningNode['ended'] {
  const late = AbortSignal.timeout(STOP_MS);
  return Promise.race([
    node.ended,
    new Promise<never>((_, reject) => {
      late.addEventListener('abort', () => reject(new Error(`the node still runs after ${STOP_MS} ms: ${node.log()}`)));
    }),
  ]);
}
