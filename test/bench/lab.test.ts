/** Benches in a real, tiny lab: what is found counts, and the lab is gone whatever happens. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Bench, Setting } from '../../bench/harness/bench.ts';
import { thisMachine } from '../../bench/harness/machine.ts';
import { reachedAt } from '../../bench/harness/journals.ts';
import type { BenchLab } from '../../bench/harness/lab.ts';
import { runBench } from '../../bench/harness/run.ts';
import type { Section } from '../../bench/harness/run.ts';
import { until } from '../../bench/harness/wait.ts';
import { processesBelow } from '../support/processes.ts';
import { writeModule } from '../support/modules.ts';

const STILL = 'export default class Still { receive() { return null; } acceptState() {} transferState() { return ""; } }';
const DEADLINE_MS = 60_000;
const lab3 = { nodes: 3, rendezvous: 1, intervalMs: 200 };

const run = (
  act: (setting: Setting) => Promise<void>,
  { signal = new AbortController().signal, deadlineMs = DEADLINE_MS } = {},
): Promise<Section> => {
  const bench: Bench = { name: 'tiny', summary: 'A test.', deadlineMs: { quick: deadlineMs, full: deadlineMs }, run: act };
  return runBench(bench, { quick: true, machine: thisMachine(), signal, say: () => undefined });
};

async function isGone({ directory }: BenchLab): Promise<boolean> {
  return !existsSync(directory) && (await processesBelow(directory)).length === 0;
}

describe('in a lab of three nodes', () => {
  test('a deployment is measured by the journals; what was found before a fault counts, and no process is left', async () => {
    const labs: BenchLab[] = [];
    const section = await run((setting) =>
      setting.withLab(lab3, async (lab) => {
        labs.push(lab);
        const deployed = await lab.deploy(await writeModule(lab.directory, { name: 'still', version: '1.0.0', source: STILL }));
        const { spread, late } = await setting.undisturbed('deployment', () => lab.spread(deployed, DEADLINE_MS));
        expect(late).toBeUndefined();
        setting.found({ figures: [{ name: 'running on all', unit: 'ms', values: [reachedAt(spread, 'runningMs', 1) ?? -1] }] });
        // Nobody ever runs it: the deadline says how far it came.
        const never = await lab.spread({ ...deployed, name: 'd9' }, 100);
        setting.found({ remarks: [never.late ?? ''] });
        throw new Error('a fault of the bench');
      }),
    );
    expect(section).toMatchObject({
      figures: [{ name: 'running on all', values: [expect.any(Number)] }],
      remarks: ['still d9 runs on all 3 nodes: not in 0.1 s (0 know it, 0 run it)'],
      watched: [{ what: 'deployment', kept: 0 }],
      error: expect.stringMatching(/^Error: a fault of the bench\n/),
    });
    expect(section.figures[0]?.values[0]).toBeGreaterThan(0);
    expect(await isGone(labs[0] as BenchLab)).toBe(true);
  });

  test('Ctrl-C takes the lab down, frozen nodes too', async () => {
    const interruption = new AbortController();
    const labs: BenchLab[] = [];
    const section = await run(
      (setting) =>
        setting.withLab(lab3, async (lab) => {
          labs.push(lab);
          for (const pid of lab.processes(['node1'])) process.kill(pid, 'SIGSTOP');
          interruption.abort();
          await until('the end', async () => ({ soFar: 'never' }), { deadlineMs: DEADLINE_MS, signal: setting.signal });
        }),
      { signal: interruption.signal },
    );
    expect(section.error).toBe('interrupted');
    expect(await isGone(labs[0] as BenchLab)).toBe(true);
  });
});

test('a bench is given up at its deadline', async () => {
  const section = await run(({ signal }) => until('the end', async () => ({ soFar: 'never' }), { deadlineMs: DEADLINE_MS, signal }), {
    deadlineMs: 60,
  });
  expect(section.error).toBe('given up after 0.001 minutes');
});
