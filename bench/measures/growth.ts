/** What more nodes cost: the same measured in labs of several sizes, and in simulated clusters that no machine could hold. */
import type { Setting } from '../harness/bench.ts';
import type { Figure, Plot } from '../harness/figure.ts';
import { INTERVAL_MS, each } from '../harness/lab.ts';
import type { BenchLab } from '../harness/lab.ts';
import * as product from '../harness/product.ts';
import { SocketMeter } from '../harness/sockets.ts';
import type { Carried } from '../harness/sockets.ts';
import { MEMBERSHIP, membershipDirectory, membershipUpdate } from '../harness/shipped.ts';
import { summarise } from '../harness/summary.ts';
import { inTime, pause } from '../harness/wait.ts';
import { deployments, reachedFigure } from './deployments.ts';
import type { Deployments } from './deployments.ts';

/** Of simulated clusters above `manyNodes` one seed says enough. */
const SIZES = {
  quick: { real: [4, 8], deployments: 2, quietMs: 5_000, simulated: [10, 100, 500], seeds: 2, manyNodes: 100 },
  full: { real: [10, 25, 50, 100, 250], deployments: 10, quietMs: 30_000, simulated: [10, 100, 1_000, 10_000], seeds: 5, manyNodes: 1_000 },
} as const;
/** A node with one module and its part of everything, and a simulated one; generously. */
const NODE_BYTES = 80_000_000;
const SIMULATED_BYTES = 500_000;
/** From one look at the connections to the next. */
const METER_MS = 1_000;
const FIRST_MS = 180_000;
const DEADLINE_MS = 90_000;
const UP_GOAL = { nodes: 100, ms: 20_000 } as const;

/** What was found with so many nodes. */
interface Size {
  readonly nodes: number;
  readonly figures: readonly Figure[];
}

export async function growth(setting: Setting): Promise<void> {
  const sizes = SIZES[setting.quick ? 'quick' : 'full'];
  setting.found({
    remarks: [
      'Bytes and packets are those of the connections between real nodes, TLS included; what a connection carried in the second before its end is missing. Simulated nodes count bodies and headers.',
    ],
  });
  const real = await eachSize(setting, sizes.real, {
    kind: 'real nodes',
    bytesEach: NODE_BYTES,
    measure: (nodes) => measured(setting, nodes),
  });
  const simulated = await eachSize(setting, sizes.simulated, {
    kind: 'simulated nodes',
    bytesEach: SIMULATED_BYTES,
    measure: (nodes) => simulate(setting, nodes, nodes > sizes.manyNodes ? 1 : sizes.seeds),
  });
  setting.found({ plots: plots(real, simulated) });
}

interface Measuring {
  readonly kind: string;
  readonly bytesEach: number;
  readonly measure: (nodes: number) => Promise<readonly Figure[]>;
}

/** What does not fit into the memory that is free is left out, and said. */
async function eachSize({ found }: Setting, sizes: readonly number[], { kind, bytesEach, measure }: Measuring): Promise<Size[]> {
  const done: Size[] = [];
  for (const nodes of sizes) {
    const refusal = roomFor(nodes, bytesEach);
    if (refusal !== null) {
      found({ remarks: [`${nodes} ${kind} were left out: ${refusal}.`] });
      continue;
    }
    const figures = await measure(nodes);
    found({ figures });
    done.push({ nodes, figures });
  }
  return done;
}

function roomFor(nodes: number, bytesEach: number): string | null {
  const [wanted, there] = [nodes * bytesEach, process.availableMemory()];
  return wanted <= there ? null : `they want some ${gib(wanted)} GiB of memory, ${gib(there)} are free`;
}

function gib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}

async function measured(setting: Setting, nodes: number): Promise<readonly Figure[]> {
  const title = (what: string): string => `${what}, ${nodes} nodes`;
  const ended = await inTime(() =>
    setting.withLab({ nodes, rendezvous: Math.max(1, Math.round(nodes / 10)) }, async (lab) => {
      const goal = nodes === UP_GOAL.nodes && { goal: { at: 'p50' as const, most: UP_GOAL.ms }, headline: true as const };
      const up: Figure = { name: title('lab up'), unit: 'ms', values: [lab.upMs], ...goal };
      const rest = await inTime(() => inside(setting, lab, title));
      return [up, ...('result' in rest ? rest.result : [never(title('known by all'), rest.late)])];
    }),
  ).catch((error: unknown) => {
    // Of more nodes than a lab takes.
    if ((error as { code?: string }).code !== 'GOSSIP_E_USAGE') throw error;
    setting.found({ remarks: [`${nodes} real nodes were left out: ${(error as Error).message}.`] });
    return { result: [] };
  });
  return 'result' in ended ? ended.result : [never(title('lab up'), ended.late)];
}

function never(name: string, why: string): Figure {
  return { name, unit: 'ms', values: [], failed: [why] };
}

async function inside(setting: Setting, lab: BenchLab, title: (what: string) => string): Promise<Figure[]> {
  const sizes = SIZES[setting.quick ? 'quick' : 'full'];
  await lab.running(membershipDirectory(), FIRST_MS);
  await pause(5 * INTERVAL_MS, setting.signal);
  const traffic = await setting.undisturbed(title('quiet traffic'), () => quiet(setting, lab, sizes.quietMs));
  let version = 0;
  const next = (): Promise<string> => membershipUpdate(lab.directory, `2.0.${(version += 1)}`);
  const done: Deployments = await deployments(setting, lab, {
    what: title('deployment'),
    count: sizes.deployments,
    deadlineMs: DEADLINE_MS,
    next,
  });
  return [
    reachedFigure(title('known by half'), done, { what: 'knownMs', share: 0.5 }),
    reachedFigure(title('known by all'), done, { what: 'knownMs', share: 1 }),
    reachedFigure(title('running on half'), done, { what: 'runningMs', share: 0.5 }),
    reachedFigure(title('running on all'), done, { what: 'runningMs', share: 1 }),
    { name: title("modules' exchanges of a node in a second"), unit: 'count', values: traffic.exchanges },
    { name: title('packets of a node in a second'), unit: 'count', values: traffic.packets },
    { name: title('bytes of a node in a second'), unit: 'bytes', values: traffic.bytes },
  ];
}

interface Traffic {
  readonly exchanges: readonly number[];
  readonly packets: readonly number[];
  readonly bytes: readonly number[];
}

/** In so long, of a node in a second. */
async function quiet({ signal }: Setting, lab: BenchLab, forMs: number): Promise<Traffic> {
  const [before, meter] = [await exchanges(lab), new SocketMeter(lab.ports)];
  const [then, beganAt] = [await meter.look(), performance.now()];
  let now = then;
  while (performance.now() - beganAt < forMs) {
    await pause(METER_MS, signal);
    now = await meter.look();
  }
  const seconds = (performance.now() - beganAt) / 1_000;
  const after = await exchanges(lab);
  const perNode = (what: keyof Carried): number[] =>
    then === null || now === null ? [] : [(now[what] - then[what]) / seconds / lab.nodes.length];
  return {
    // Each of them is counted by both of its ends; the questions before and after lie outside of the time that is told, but hardly.
    exchanges: after.map((count, index) => (count - (before[index] ?? 0)) / 2 / seconds),
    packets: perNode('packets'),
    bytes: perNode('bytes'),
  };
}

function exchanges(lab: BenchLab): Promise<number[]> {
  return each(lab.names, 16, async (name) => {
    const row = (await lab.status(name)).modules.find((module) => module.name === MEMBERSHIP)?.exchanges;
    return (row?.answered ?? 0) + (row?.failed ?? 0);
  });
}

async function simulate({ signal, say }: Setting, nodes: number, seeds: number): Promise<readonly Figure[]> {
  say(`${nodes} simulated nodes, ${seeds} runs`);
  const plan = product.planOf({ nodes, rendezvous: Math.max(1, Math.min(10, Math.round(nodes / 10))) });
  const { runs } = await product.playSeeds({ plan, seeds: Array.from({ length: seeds }, (_, index) => index + 1), signal });
  signal.throwIfAborted();
  const title = (what: string): string => `${what}, ${nodes} simulated nodes`;
  const of = (firsts: readonly number[] | undefined, share: number): readonly number[] => {
    const at = firsts?.[Math.ceil(share * nodes) - 1];
    return at === undefined ? [] : [at];
  };
  const values = (what: 'knownMs' | 'runningMs', share: number): number[] =>
    runs.flatMap(({ deployments: [first] }) => of(first?.[what], share));
  const perSecond = (figure: 'sentMessages' | 'sentBytes'): number[] =>
    runs.flatMap(({ load, simulatedMs }) => (load.nodes === null ? [] : [(load.nodes[figure].mean * 1_000) / simulatedMs]));
  return [
    { name: title('known by half'), unit: 'ms', values: values('knownMs', 0.5) },
    { name: title('known by all'), unit: 'ms', values: values('knownMs', 1) },
    { name: title('running on all'), unit: 'ms', values: values('runningMs', 1) },
    { name: title('messages that a node sends in a second'), unit: 'count', values: perSecond('sentMessages') },
    { name: title('bytes that a node sends in a second'), unit: 'bytes', values: perSecond('sentBytes') },
  ];
}

function plots(real: readonly Size[], simulated: readonly Size[]): Plot[] {
  const series = (name: string, sizes: readonly Size[], begin: string, factor = 1) => ({
    name,
    points: sizes.flatMap(({ nodes, figures }): [number, number][] => {
      const found = figures.find((figure) => figure.name.startsWith(`${begin},`));
      const middle = found === undefined ? null : summarise(found.values);
      return middle === null ? [] : [[nodes, middle.p50 * factor]];
    }),
  });
  return [
    {
      name: 'growth-time',
      title: 'A deployment in clusters of several sizes',
      x: 'nodes',
      yLabel: 'milliseconds',
      series: [
        series('known by all', real, 'known by all'),
        series('running on all', real, 'running on all'),
        series('known by all, simulated', simulated, 'known by all'),
        series('running on all, simulated', simulated, 'running on all'),
      ],
    },
    {
      name: 'growth-load',
      title: 'What a node sends: real ones while nothing happens, simulated ones while a deployment passes',
      x: 'nodes',
      yLabel: 'KB in a second',
      series: [
        series('real', real, 'bytes of a node in a second', 1e-3),
        series('simulated', simulated, 'bytes that a node sends in a second', 1e-3),
      ],
    },
  ];
}
