/** What a node costs while nothing happens but its rounds, and how fast it starts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Setting } from '../harness/bench.ts';
import type { Figure } from '../harness/figure.ts';
import { kill } from '../harness/lab.ts';
import type { BenchLab } from '../harness/lab.ts';
import { allProcesses, processorMs, pssBytes } from '../harness/processes.ts';
import { membershipDirectory } from '../harness/shipped.ts';
import { inTime, pause } from '../harness/wait.ts';
import { bareStartsMs, samples } from './deployments.ts';

const SIZES = {
  quick: { nodes: [8], settleMs: 5_000, forMs: 8_000, starts: 3 },
  full: { nodes: [10, 100], settleMs: 30_000, forMs: 60_000, starts: 10 },
} as const;
const FIRST_MS = 180_000;
const GOALS = { percent: 0.3, coreBytes: 30e6, hostBytes: 12e6, readyMs: 250 } as const;

export async function idle(setting: Setting): Promise<void> {
  const { nodes } = SIZES[setting.quick ? 'quick' : 'full'];
  const bare = await bareBytes(setting.signal);
  setting.found({ remarks: ['Every node runs the shipped membership module, in rounds of 1 s.'] });
  for (const size of nodes) {
    const ended = await inTime(() =>
      setting.withLab({ nodes: size, rendezvous: Math.max(1, Math.round(size / 10)) }, (lab) =>
        measured(setting, lab, bare, size === nodes.at(-1)),
      ),
    );
    if ('late' in ended) setting.found({ remarks: [`${size} nodes: ${ended.late}.`] });
  }
}

async function measured(setting: Setting, lab: BenchLab, bare: readonly number[], isLast: boolean): Promise<void> {
  const { settleMs, forMs, starts } = SIZES[setting.quick ? 'quick' : 'full'];
  const title = (what: string): string => `${what}, ${lab.nodes.length} nodes`;
  await lab.running(membershipDirectory(), FIRST_MS);
  await pause(settleMs, setting.signal);
  const percents = await setting.undisturbed(title('idle'), () => processorOf(lab, forMs, setting.signal));
  const all = allProcesses();
  const memory = lab.names.map((name) => memoryOf(lab.processes([name], all)));
  const started = await setting.undisturbed(title('starts'), () => samples(starts, () => startOf(lab, 'node1')));
  const bareStarts = await samples(starts, () => bareStartsMs(1));
  const nodeBaseline = { name: 'a bare Node process', values: bare };
  const headline = isLast && { headline: true as const };
  const figures: Figure[] = [
    {
      name: title('processor of a node, core and host'),
      unit: 'percent',
      values: percents,
      goal: { at: 'p50', most: GOALS.percent },
      ...headline,
    },
    {
      name: title('memory (PSS) of a core'),
      unit: 'bytes',
      values: memory.flatMap(({ core }) => core ?? []),
      baseline: nodeBaseline,
      goal: { at: 'p50', most: GOALS.coreBytes },
      ...headline,
    },
    {
      name: title('memory (PSS) of a host'),
      unit: 'bytes',
      values: memory.flatMap(({ host }) => host ?? []),
      baseline: nodeBaseline,
      goal: { at: 'p50', most: GOALS.hostBytes },
      ...headline,
    },
    {
      name: title('ready after start'),
      unit: 'ms',
      values: started,
      baseline: { name: 'a bare Node process', values: bareStarts },
      goal: { at: 'p50', most: GOALS.readyMs },
      ...headline,
    },
  ];
  setting.found({ figures });
  if (figures.some(({ unit, values }) => unit === 'bytes' && values.length === 0))
    setting.found({ remarks: ['The system tells no proportional memory of these processes.'] });
}

/** Percent of one processor, for each node. */
async function processorOf(lab: BenchLab, forMs: number, signal: AbortSignal): Promise<number[]> {
  const all = allProcesses();
  const pids = lab.names.map((name) => lab.processes([name], all));
  const taken = (): number[] => pids.map((own) => own.reduce((sum, pid) => sum + processorMs(pid), 0));
  const [before, beganAt] = [taken(), performance.now()];
  await pause(forMs, signal);
  const [after, tookMs] = [taken(), performance.now() - beganAt];
  return after.map((ms, index) => ((ms - (before[index] ?? 0)) / tookMs) * 100);
}

/** The host with what contains it. */
function memoryOf([core, ...host]: readonly number[]): { core: number | null; host: number | null } {
  const parts = host.map(pssBytes);
  return {
    core: core === undefined ? null : pssBytes(core),
    host: parts.length === 0 || parts.includes(null) ? null : parts.reduce<number>((sum, part) => sum + (part ?? 0), 0),
  };
}

async function startOf(lab: BenchLab, name: string): Promise<number> {
  await lab.lab.stop([name]);
  const beganAt = performance.now();
  await lab.start(name);
  return performance.now() - beganAt;
}

async function bareBytes(signal: AbortSignal): Promise<number[]> {
  const child = spawn(process.execPath, ['-e', 'process.stdout.write("up"); setInterval(() => {}, 1e6)'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(child.stdout, 'data', { signal });
    const bytes = child.pid === undefined ? null : pssBytes(child.pid);
    return bytes === null ? [] : [bytes];
  } finally {
    const ended = once(child, 'close');
    if (child.pid !== undefined) kill(child.pid);
    await ended;
  }
}
