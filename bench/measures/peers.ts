/** What operators use instead, on the same machine in the same run: Serf for news and failures, rsync with a restart and PM2 for updates. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Setting } from '../harness/bench.ts';
import type { Baseline, Figure } from '../harness/figure.ts';
import { reachedAt } from '../harness/journals.ts';
import { membershipDirectory, membershipUpdate } from '../harness/shipped.ts';
import { inTime } from '../harness/wait.ts';
import { Serf } from '../peers/serf.ts';
import type { Times } from '../peers/serf.ts';
import { Copied, Managed } from '../peers/services.ts';
import { fromDebian, fromNpm, Missing } from '../peers/tools.ts';
import { deployments } from './deployments.ts';
import type { Deployments } from './deployments.ts';

const SIZES = {
  quick: { nodes: 8, deployments: 2, events: 3, failures: 1, idleMs: 5_000 },
  full: { nodes: 100, deployments: 10, events: 10, failures: 3, idleMs: 30_000 },
} as const;
const FIRST_MS = 180_000;
const DEADLINE_MS = 90_000;
const PM2_VERSION = '7.0.4';

export async function peers(setting: Setting): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-bench-peers-'));
  const { nodes } = SIZES[setting.quick ? 'quick' : 'full'];
  setting.found({
    remarks: [`${nodes} nodes each; Serf with its defaults (profile lan). Gossip's own failure detection is the bench 'failure'.`],
  });
  try {
    const own = await gossip(setting);
    for (const part of [serf, rsync, pm2]) await orSkipped(setting, () => part(setting, directory, own));
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Gossip's own figures, as the baselines of the others; where it did not converge, the others are measured all the same. */
async function gossip(setting: Setting): Promise<Deployments> {
  const { nodes, deployments: count } = SIZES[setting.quick ? 'quick' : 'full'];
  const ended = await inTime(() =>
    setting.withLab({ nodes, rendezvous: Math.max(1, Math.round(nodes / 10)) }, async (lab) => {
      await lab.running(membershipDirectory(), FIRST_MS);
      let version = 0;
      const next = (): Promise<string> => membershipUpdate(lab.directory, `2.0.${(version += 1)}`);
      return deployments(setting, lab, { what: 'gossip: deployment', count, deadlineMs: DEADLINE_MS, next });
    }),
  );
  const done = 'result' in ended ? ended.result : { spreads: [], late: [ended.late] };
  setting.found({ remarks: done.late.map((why) => `Gossip: ${why}.`) });
  return done;
}

/** What cannot be had, or does not come to its end, takes nothing from the others. */
async function orSkipped({ found, say }: Setting, part: () => Promise<void>): Promise<void> {
  try {
    const ended = await inTime(part);
    if ('late' in ended) found({ remarks: [`${ended.late}.`] });
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    say(`skipped: ${error.message}`);
    found({ remarks: [`Skipped: ${error.message}.`] });
  }
}

async function serf(setting: Setting, directory: string, own: Deployments): Promise<void> {
  const { nodes, events, failures, idleMs } = SIZES[setting.quick ? 'quick' : 'full'];
  const agents = new Serf(await fromDebian('serf', ['serf'], { directory, signal: setting.signal }), setting.signal);
  try {
    setting.say(`Serf: ${nodes} agents`);
    await agents.start(nodes);
    const several = (what: string, count: number, act: () => Promise<Times>): Promise<Times[]> =>
      each(setting, `Serf: ${what}`, count, act);
    const told = await several('event', events, () => agents.event());
    const [half, all] = [baselineOf(own, 'knownMs', 0.5), baselineOf(own, 'knownMs', 1)];
    setting.found({
      figures: [
        { name: 'Serf: event known by half', unit: 'ms', values: told.map((times) => times.half), baseline: half },
        { name: 'Serf: event known by all', unit: 'ms', values: told.map((times) => times.all), baseline: all },
      ],
    });
    const idle = await setting.undisturbed('Serf: idle', () => agents.idle(idleMs));
    setting.found({
      figures: [
        { name: 'Serf: processor of an agent', unit: 'percent', values: idle.percent },
        { name: 'Serf: memory (PSS) of an agent', unit: 'bytes', values: idle.bytes },
      ],
    });
    const figure = (name: string, times: readonly Times[]): Figure => ({
      name: `Serf: ${name}, known by all`,
      unit: 'ms',
      values: times.map(({ all: last }) => last),
    });
    setting.found({ figures: [figure('join', await several('join', failures, () => agents.join()))] });
    setting.found({ figures: [figure('killed (kill -9)', await several('killed', failures, () => agents.failure('SIGKILL')))] });
    setting.found({ figures: [figure('silent (stopped)', await several('silent', failures, () => agents.failure('SIGSTOP')))] });
  } finally {
    await agents.end();
  }
}

async function rsync(setting: Setting, directory: string, own: Deployments): Promise<void> {
  const { nodes, deployments: count } = SIZES[setting.quick ? 'quick' : 'full'];
  const tool = await fromDebian('rsync', ['rsync', 'libpopt0', 'libxxhash0'], { directory, signal: setting.signal });
  const fleet = new Copied(tool, { directory, nodes, signal: setting.signal });
  try {
    await fleet.deploy();
    const values = await each(setting, 'rsync with restart', count, () => fleet.deploy());
    setting.found({
      figures: [{ name: 'rsync with restart: running on all', unit: 'ms', values, baseline: baselineOf(own, 'runningMs', 1) }],
    });
  } finally {
    await fleet.end();
  }
}

async function pm2(setting: Setting, directory: string, own: Deployments): Promise<void> {
  const { nodes, deployments: count } = SIZES[setting.quick ? 'quick' : 'full'];
  const fleet = new Managed(await fromNpm('pm2', PM2_VERSION, { directory, signal: setting.signal }), directory, setting.signal);
  try {
    setting.say(`PM2: ${nodes} services`);
    await fleet.start(nodes);
    const values = await each(setting, 'PM2: reload', Math.min(3, count), () => fleet.reload());
    setting.found({ figures: [{ name: 'PM2: reloaded on all', unit: 'ms', values, baseline: baselineOf(own, 'runningMs', 1) }] });
  } finally {
    await fleet.end();
  }
}

async function each<Result>({ undisturbed }: Setting, what: string, count: number, act: () => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let index = 1; index <= count; index += 1) results.push(await undisturbed(`${what} ${index}`, act));
  return results;
}

function baselineOf({ spreads }: Deployments, what: 'knownMs' | 'runningMs', share: number): Baseline {
  return { name: 'gossip', values: spreads.flatMap((spread) => reachedAt(spread, what, share) ?? []) };
}
