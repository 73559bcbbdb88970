/** Overloads, and whether a cluster comes back from them by itself when their cause has gone: no overload feeds itself. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import type { Setting } from '../harness/bench.ts';
import type { Figure } from '../harness/figure.ts';
import { reachedAt } from '../harness/journals.ts';
import { each, kill } from '../harness/lab.ts';
import type { BenchLab, Deployed } from '../harness/lab.ts';
import { falseAlarms, viewOf } from '../harness/membership-view.ts';
import { membershipDirectory, membershipUpdate } from '../harness/shipped.ts';
import { inTime, NotInTime, pause, until } from '../harness/wait.ts';

const SIZES = {
  quick: { nodes: 10, rendezvous: 2, lastsMs: 5_000, deadlineMs: 60_000, restMs: 2_000 },
  full: { nodes: 100, rendezvous: 10, lastsMs: 60_000, deadlineMs: 240_000, restMs: 15_000 },
} as const;
const FIRST_MS = 180_000;
const LANES = 16;
const LOOK_MS = 1_000;
const SPREAD_MS = 90_000;

/** A cluster in which the overload is made, and what it must run again. */
interface Ground {
  readonly setting: Setting;
  readonly lab: BenchLab;
  readonly deployed: Deployed;
  readonly next: () => Promise<string>;
}

/** Makes the overload and takes its cause away. Gives the moment from which the way back counts, by `performance.now`. */
type Overload = (ground: Ground) => Promise<number>;

interface Kind {
  readonly name: string;
  readonly act: Overload;
  /** Whether nobody is gone meanwhile, so that every suspicion is a false alarm. */
  readonly isAllThere?: true;
}

const OVERLOADS: readonly Kind[] = [
  { name: 'all started at once', act: allAtOnce },
  { name: 'beside busy loops', act: besideBusyLoops, isAllThere: true },
  { name: 'half frozen, then woken at once', act: halfFrozen },
  { name: 'all rendezvous nodes restarted', act: rendezvousRestarted },
];

export async function overload(setting: Setting): Promise<void> {
  const { nodes, rendezvous, lastsMs } = SIZES[setting.quick ? 'quick' : 'full'];
  setting.found({
    remarks: [
      `${nodes} nodes, ${rendezvous} of them rendezvous nodes, rounds of 1 s; loops and standstills last ${lastsMs / 1_000} s, with one busy loop for each processor.`,
      'Normal again: every node answers, runs the newest deployment, and its membership holds all others for alive.',
    ],
  });
  await setting.withLab({ nodes, rendezvous }, async (lab) => {
    let version = 0;
    const next = (): Promise<string> => membershipUpdate(lab.directory, `2.0.${(version += 1)}`);
    const first = await lab.running(membershipDirectory(), FIRST_MS);
    await normal({ setting, lab, deployed: first });
    const quiet = await spreads({ setting, lab, deployed: first, next });
    let deployed: Deployed | null = quiet.deployed;
    for (const kind of OVERLOADS) {
      setting.say(deployed === null ? `not tried: ${kind.name}` : kind.name);
      if (deployed === null) setting.found({ remarks: [`Not tried after that: ${kind.name}.`] });
      else deployed = await suffered({ setting, lab, deployed, next }, kind, quiet.ms);
    }
  });
}

/** What runs afterwards; null where the cluster did not come back, and nothing further can be learnt of it. */
async function suffered(ground: Ground, { name, act, isAllThere }: Kind, quietMs: number): Promise<Deployed | null> {
  const { setting, lab } = ground;
  const beganMs = Date.now();
  const { ms, late } = await setting.undisturbed(name, async () => {
    const overloaded = await inTime(() => act(ground));
    if ('late' in overloaded) return { ms: 0, late: overloaded.late };
    const back = await inTime(() => normal(ground));
    return { ms: performance.now() - overloaded.result, late: 'late' in back ? back.late : undefined };
  });
  const returned = { name: `${name}: normal again after`, unit: 'ms', headline: true } as const;
  setting.found({ figures: [late === undefined ? { ...returned, values: [ms] } : { ...returned, values: [], failed: [late] }] });
  if (late !== undefined) return null;
  if (isAllThere === true) setting.found({ figures: [await alarmsFigure(lab, name, beganMs)] });
  await pause(SIZES[setting.quick ? 'quick' : 'full'].restMs, setting.signal);
  const after = await inTime(() => spreads(ground));
  const baseline = { name: 'before all of it', values: [quietMs] };
  const spread = { name: `${name}: a deployment afterwards, known by all`, unit: 'ms', baseline } as const;
  setting.found({
    figures: ['late' in after ? { ...spread, values: [], failed: [after.late] } : { ...spread, values: [after.result.ms] }],
  });
  return 'late' in after ? null : after.result.deployed;
}

async function alarmsFigure(lab: BenchLab, name: string, sinceMs: number): Promise<Figure> {
  const { pairs } = await falseAlarms(lab, lab.names, sinceMs);
  return { name: `${name}: false alarms, pairs of members`, unit: 'count', values: [pairs], goal: { at: 'max', most: 0 } };
}

/** One deployment. */
async function spreads({ lab, next }: Ground): Promise<{ ms: number; deployed: Deployed }> {
  const deployed = await lab.deploy(await next());
  const { spread, late } = await lab.spread(deployed, SPREAD_MS);
  if (late !== undefined) throw new NotInTime(late);
  return { ms: reachedAt(spread, 'knownMs', 1) ?? 0, deployed };
}

/** Waits until all is as it should be, at one look: nobody who was well before counts. */
async function normal({ setting, lab, deployed }: Omit<Ground, 'next'>): Promise<void> {
  const { deadlineMs } = SIZES[setting.quick ? 'quick' : 'full'];
  const ids = lab.nodes.map(({ id }) => id);
  const isWell = async (name: string): Promise<boolean> => {
    const status = await lab.status(name);
    const row = status.modules.find((module) => module.name === deployed.module);
    if (row?.state !== 'running' || row.deployment !== deployed.name) return false;
    const view = await viewOf(lab, name);
    return ids.every((id) => view.get(id)?.state === 'alive');
  };
  await until(
    'the cluster is normal again',
    async () => {
      const well = (await each(lab.names, LANES, (name) => isWell(name).catch(() => false))).filter(Boolean).length;
      return well === lab.names.length ? { done: true } : { soFar: `${well} of ${lab.names.length} nodes are` };
    },
    { deadlineMs, signal: setting.signal, everyMs: LOOK_MS },
  );
}

/** One that is not ready in its time is started again, as a service manager would. The start is the overload: it counts from its beginning. */
async function allAtOnce({ setting, lab }: Ground): Promise<number> {
  const { deadlineMs } = SIZES[setting.quick ? 'quick' : 'full'];
  await lab.lab.stop(lab.names);
  const beganAt = performance.now();
  const endAt = beganAt + deadlineMs;
  await Promise.all(lab.names.map((name) => started(name)));
  return beganAt;

  async function started(name: string): Promise<void> {
    for (;;) {
      try {
        return await lab.start(name);
      } catch (error) {
        setting.signal.throwIfAborted();
        if (performance.now() >= endAt)
          throw new NotInTime(`${name} was not ready in ${deadlineMs / 1_000} s: ${(error as Error).message}`);
        setting.say(`${name} is started again: ${(error as Error).message}`);
      }
    }
  }
}

async function besideBusyLoops({ setting }: Ground): Promise<number> {
  const loops = Array.from({ length: availableParallelism() }, () => spawn(process.execPath, ['-e', 'for (;;) {}'], { stdio: 'ignore' }));
  try {
    await pause(SIZES[setting.quick ? 'quick' : 'full'].lastsMs, setting.signal);
  } finally {
    await Promise.all(loops.map(ended));
  }
  return performance.now();
}

async function ended(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

async function halfFrozen({ setting, lab }: Ground): Promise<number> {
  const frozen = lab.processes(lab.names.filter((_, index) => index % 2 === 1));
  try {
    for (const pid of frozen) kill(pid, 'SIGSTOP');
    await pause(SIZES[setting.quick ? 'quick' : 'full'].lastsMs, setting.signal);
  } finally {
    for (const pid of frozen) kill(pid, 'SIGCONT');
  }
  return performance.now();
}

async function rendezvousRestarted({ lab }: Ground): Promise<number> {
  const rendezvous = lab.names.filter((name) => name.startsWith('rendezvous'));
  await lab.lab.stop(rendezvous);
  await lab.start(...rendezvous);
  return performance.now();
}
