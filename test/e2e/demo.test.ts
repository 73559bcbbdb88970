/** `gossip demo`: the story of 20 July 2008 to its end, without a terminal, and broken off; it leaves nothing behind. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { launch, until, withDirectory } from '../support/gossip.ts';
import type { Launched } from '../support/gossip.ts';
import { endingAllBelow, processesBelow } from '../support/processes.ts';

/** A minute on an idle machine; this is the slowest that the tests put up with. */
const DEMO_MS = 200_000;

test('it is told to the end, ends with the time that the repair took, and leaves nothing running and no file', async () => {
  await withDemo(async (demo, directories) => {
    const { code, stdout, stderr } = await within(demo);
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.at(-1)).toMatch(/^The repair took \d+\.\d s \(\d+ gossip rounds\)\. In 2008 it took more than six hours\.$/);
    expect(stdout).toContain('10 member tables are clean, no node was stopped');
    // Piped: a plain text, with no cursor moved and no colour set.
    for (const control of ['\u001B', '\r']) expect(stdout).not.toContain(control);
    await expectNothingLeft(directories);
  });
}, 360_000);

test('broken off by Ctrl-C it ends every node all the same, and says so', async () => {
  await withDemo(async (demo, directories) => {
    await until('its nodes run', async () => demo.stdout().includes('Deploy membership into rendezvous1'));
    expect(await processesBelow(directories.temporary)).not.toEqual([]);
    demo.child.kill('SIGINT');
    const { code, stderr } = await within(demo);
    expect([code, stderr]).toEqual([130, 'Interrupted; every node is ended.\n']);
    await expectNothingLeft(directories);
  });
}, 240_000);

interface Directories {
  readonly home: string;
  readonly temporary: string;
}

/** A demo that keeps its files in a directory of its own, so that what it leaves can be told from others'. */
async function withDemo(act: (demo: Launched, directories: Directories) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const directories = { home: join(directory, 'home'), temporary: join(directory, 'tmp') };
    for (const path of Object.values(directories)) await mkdir(path);
    const { home, temporary } = directories;
    await endingAllBelow(directory, () => act(launch(['demo'], { home, env: { TMPDIR: temporary } }), directories));
  });
}

function within(demo: Launched): Launched['ended'] {
  const late = AbortSignal.timeout(DEMO_MS);
  return Promise.race([
    demo.ended,
    new Promise<never>((_, reject) => {
      late.addEventListener('abort', () => reject(new Error(`after ${DEMO_MS} ms the demo was still running: ${demo.stdout()}`)));
    }),
  ]);
}

async function expectNothingLeft({ home, temporary }: Directories): Promise<void> {
  await until('no process is left', async () => (await processesBelow(temporary)).length === 0);
  expect([await readdir(home), await readdir(temporary)]).toEqual([[], []]);
}
