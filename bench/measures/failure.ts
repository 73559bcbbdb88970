/** How fast members know what has become of one of them, and whether they are wrong meanwhile about any other. */
import { connect } from 'node:net';
import { freePorts } from '../../src/lab/ports.ts';
import { atRest } from '../harness/at-rest.ts';
import type { Setting } from '../harness/bench.ts';
import type { Baseline, Figure } from '../harness/figure.ts';
import { kill } from '../harness/lab.ts';
import type { BenchLab } from '../harness/lab.ts';
import { allSeeAll, falseAlarms, learn } from '../harness/membership-view.ts';
import type { Learning } from '../harness/membership-view.ts';
import { MEMBERSHIP, membershipDirectory } from '../harness/shipped.ts';
import { inTime, pause } from '../harness/wait.ts';
import { samples } from './deployments.ts';
import { Newcomer } from './newcomer.ts';

const SIZES = {
  quick: { nodes: 8, times: 1, settleMs: 2_000, restMs: 2_000, deadlineMs: 60_000 },
  full: { nodes: 100, times: 5, settleMs: 90_000, restMs: 10_000, deadlineMs: 180_000 },
} as const;
const FIRST_MS = 180_000;
const GOALS = { killedMs: 2_000, silentMs: 6_000, joinMs: 350 } as const;
const REFUSALS = 10;
const GONE = ['dead', 'left'] as const;

/** The slowest observer of each time, and all of them. */
interface Known {
  readonly byAll: number[];
  readonly byEach: number[];
  readonly late: string[];
}

export async function failure(setting: Setting): Promise<void> {
  const { nodes, times, settleMs, deadlineMs } = SIZES[setting.quick ? 'quick' : 'full'];
  setting.found({
    remarks: [
      `${nodes} nodes in rounds of 1 s, at rest before each. A join counts from the moment at which the newcomer's own membership runs, each other from the signal.`,
    ],
  });
  await setting.withLab({ nodes, rendezvous: Math.max(1, Math.round(nodes / 10)) }, async (lab) => {
    await lab.running(membershipDirectory(), FIRST_MS);
    await allSeeAll(lab, lab.names, { deadlineMs, signal: setting.signal });
    // A deployment goes on for a while, as with the hosts that wait for the next one.
    await pause(settleMs, setting.signal);
    await atRest(setting);
    const steadyMs = Date.now();
    const victims = lab.names.filter((name) => name.startsWith('node')).slice(0, times);
    for (const kind of kinds(setting, lab, await samples(REFUSALS, refusedMs))) {
      const known = await repeated(setting, lab, kind, victims);
      setting.found({ figures: figures(kind, known, nodes === SIZES.full.nodes) });
    }
    const unharmed = lab.names.filter((name) => !victims.includes(name));
    await alarms(setting, lab, unharmed, steadyMs);
  });
}

interface Kind {
  readonly name: string;
  /** At 100 nodes. */
  readonly goalMs: number;
  readonly once: (victim: string, index: number) => Promise<Times>;
  readonly baseline?: Baseline;
}

/** When each observer knew, of those who did; and why the others' time was over. */
interface Times {
  readonly times: number[];
  readonly late?: string;
}

function kinds(setting: Setting, lab: BenchLab, refused: readonly number[]): readonly Kind[] {
  return [
    {
      name: 'killed (kill -9)',
      goalMs: GOALS.killedMs,
      once: (victim) => killedOnce(setting, lab, victim),
      baseline: { name: 'a direct call is refused', values: refused },
    },
    { name: 'silent (stopped)', goalMs: GOALS.silentMs, once: (victim) => silentOnce(setting, lab, victim) },
    { name: 'join', goalMs: GOALS.joinMs, once: (_, index) => joinedOnce(setting, lab, index) },
  ];
}

async function alarms({ found }: Setting, lab: BenchLab, unharmed: readonly string[], sinceMs: number): Promise<void> {
  const { pairs, about, unasked } = await falseAlarms(lab, unharmed, sinceMs);
  found({
    figures: [
      { name: 'false alarms meanwhile, pairs of members', unit: 'count', values: [pairs], goal: { at: 'max', most: 0 }, headline: true },
    ],
    remarks: [
      ...(about.length > 0 ? [`False alarms about ${about.join(', ')}.`] : []),
      ...(unasked > 0 ? [`${unasked} nodes could not be asked for false alarms.`] : []),
    ],
  });
}

function figures({ name, goalMs, baseline }: Kind, { byAll, byEach, late }: Known, isGoal: boolean): Figure[] {
  return [
    {
      name: `${name}, known by all`,
      unit: 'ms',
      values: byAll,
      failed: late,
      ...(baseline && { baseline }),
      ...(isGoal && { goal: { at: 'max', most: goalMs } as const }),
      headline: true,
    },
    { name: `${name}, known by one`, unit: 'ms', values: byEach },
  ];
}

/** After one that not all knew in time, or that did not come back, the others are not tried: the cluster is another one. */
async function repeated(setting: Setting, lab: BenchLab, { name, once }: Kind, victims: readonly string[]): Promise<Known> {
  const { deadlineMs, restMs } = SIZES[setting.quick ? 'quick' : 'full'];
  const known: Known = { byAll: [], byEach: [], late: [] };
  for (const [index, victim] of victims.entries()) {
    const { times, late } = await setting.undisturbed(`${name} ${index + 1}`, () => once(victim, index));
    known.byEach.push(...times);
    if (late === undefined) known.byAll.push(Math.max(...times));
    else known.late.push(late);
    setting.say(late ?? `${name}: known by all after ${Math.round(Math.max(...times))} ms`);
    const back = await inTime(() => allSeeAll(lab, lab.names, { deadlineMs, signal: setting.signal }));
    if ('late' in back) setting.found({ remarks: [`After ${name} ${index + 1}: ${back.late}.`] });
    if ('late' in back || late !== undefined) break;
    await pause(restMs, setting.signal);
    await atRest(setting);
  }
  return known;
}

async function killedOnce(setting: Setting, lab: BenchLab, victim: string): Promise<Times> {
  const afterMs = Date.now();
  await lab.lab.stop([victim], 'SIGKILL');
  const known = await learn(lab, learning(setting, lab, victim, afterMs));
  await lab.start(victim);
  return known;
}

async function silentOnce(setting: Setting, lab: BenchLab, victim: string): Promise<Times> {
  const processes = lab.processes([victim]);
  const afterMs = Date.now();
  try {
    for (const pid of processes) kill(pid, 'SIGSTOP');
    return await learn(lab, learning(setting, lab, victim, afterMs));
  } finally {
    for (const pid of processes) kill(pid, 'SIGCONT');
  }
}

async function joinedOnce(setting: Setting, lab: BenchLab, index: number): Promise<Times> {
  const newcomer = await Newcomer.start(lab, `newcomer${Date.now() % 1_000_000}-${index + 1}`, setting.signal);
  try {
    const runsMs = await newcomer.runs(MEMBERSHIP, SIZES[setting.quick ? 'quick' : 'full'].deadlineMs);
    const wanted = { ...learning(setting, lab, lab.names[0] ?? '', runsMs), observers: lab.names, id: newcomer.id };
    return await learn(lab, { ...wanted, what: 'all members know the newcomer', states: ['alive'] });
  } finally {
    await newcomer.end();
  }
}

function learning(setting: Setting, lab: BenchLab, victim: string, afterMs: number): Learning {
  return {
    what: `all members know what became of ${victim}`,
    observers: lab.names.filter((name) => name !== victim),
    id: lab.lab.node(victim).id,
    states: GONE,
    afterMs,
    deadlineMs: SIZES[setting.quick ? 'quick' : 'full'].deadlineMs,
    signal: setting.signal,
  };
}

/** How long one call takes to a port where nobody listens: the evidence is there at once. */
async function refusedMs(): Promise<number> {
  const [port = 1] = await freePorts(1);
  const beganAt = performance.now();
  await new Promise<void>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => socket.destroy()).once('close', () => resolve());
    socket.once('error', () => undefined);
  });
  return performance.now() - beganAt;
}
