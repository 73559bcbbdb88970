/** The story of 20 July 2008, repaired: a poisoned deployment kills an application on every node, and the cluster heals without being stopped. */
import { join } from 'node:path';
import type { OperatorClient } from '../client/client.ts';
import type { OperatorCluster } from '../cluster/clusters.ts';
import { locateCode, readCode } from '../deploy/code-source.ts';
import { deploy, recordsOf } from '../deploy/deploy.ts';
import type { Draft, Signing } from '../deploy/deploy.ts';
import { reachable } from '../status/gather.ts';
import type { Sighting } from '../status/gather.ts';
import { gatherCluster, knownNodes } from '../client/nodes.ts';
import { findCode, rollbackDraft } from '../deploy/rollback.ts';
import { progressOf } from '../status/progress.ts';
import { GossipError } from '../../model/errors.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import { parseModuleName } from '../../model/names.ts';
import type { NodeStatus } from '../../api/status.ts';
import { isPoisoned, writePoison, writeUpdate } from './demo-modules.ts';
import type { Lab } from '../../lab/lab.ts';

/** One line of the timeline at the end. */
export interface Step {
  readonly title: string;
  /** From the start of the step to its end, in milliseconds. */
  readonly tookMs: number;
  readonly detail: string;
}

export interface DemoReport {
  readonly nodes: number;
  readonly steps: readonly Step[];
  /** From injecting the repair to the last node healed, in milliseconds. */
  readonly repairMs: number;
  /** The same in gossip rounds. */
  readonly repairRounds: number;
}

export interface DemoStage {
  readonly lab: Lab;
  readonly cluster: OperatorCluster;
  readonly client: OperatorClient;
  readonly signing: Signing;
  /** Told what is going on. */
  readonly say: (line: string) => void;
  /** Shown the nodes whenever they were asked. */
  readonly show: (nodes: readonly Sighting[]) => void;
  readonly signal: AbortSignal;
}

const MODULE = parseModuleName('membership');
/** Seconds on an idle machine; only one that is stuck takes longer. */
const STEP_MS = 120_000;
const LOOK_MS = 150;

export async function runDemo(stage: DemoStage): Promise<DemoReport> {
  const steps: Step[] = [];
  const step = async (title: string, run: () => Promise<string>): Promise<number> => {
    stage.say(title);
    const startedAt = performance.now();
    const detail = await run();
    const tookMs = performance.now() - startedAt;
    stage.say(`  ${detail} (${seconds(tookMs)})`);
    steps.push({ title, tookMs, detail });
    return tookMs;
  };
  const shipped = await locateCode(undefined, MODULE, stage.lab.directory);

  await step('Deploy membership into rendezvous1', () => release(stage, shipped, 'first release'));
  await step('Members find each other', () => everyoneKnown(stage));
  const update = await writeUpdate(shipped, join(stage.lab.directory, 'code', 'update'), '1.1.0');
  await step('Update it live, keeping its state', () => updateLive(stage, update));
  const poison = await writePoison(join(stage.lab.directory, 'code', 'poison'));
  await step('Deploy a poisoned version: it corrupts its state and crashes', () => poisonAll(stage, poison));
  const repairMs = await step('Roll back to d1 and scrub, carried by the gossip of the cores alone', () => repair(stage));
  await step('Check that no corrupt state is left anywhere', () => checkClean(stage));
  return { nodes: stage.lab.nodes.length, steps, repairMs, repairRounds: repairMs / stage.lab.intervalMs };
}

async function release(stage: DemoStage, directory: string, message: string): Promise<string> {
  const record = await inject(stage, directory, message);
  const nodes = await converge(stage, record);
  return `${nodes} nodes run d${record.deployment.number.sequence}`;
}

async function inject(stage: DemoStage, directory: string, message: string): Promise<VerifiedDeployment> {
  const code = await readCode(directory);
  const draft: Draft = {
    module: MODULE,
    code: code.reference,
    settings: { intervalMs: stage.lab.intervalMs },
    scrub: false,
    rollbackOf: null,
    author: 'demo',
    message,
  };
  const { record } = await deploy(stage.signing, stage.client, entrance(stage), draft, code);
  return record;
}

async function updateLive(stage: DemoStage, directory: string): Promise<string> {
  const before = await memberCounts(stage);
  const released = await release(stage, directory, 'an update that keeps its state');
  const after = await memberCounts(stage);
  const kept = after.every((count, index) => count >= (before[index] ?? 0));
  if (!kept) throw new GossipError('GOSSIP_E_MODULE_STATE', 'the update lost state');
  return `${released}; each still knows its ${Math.min(...after)} members`;
}

async function poisonAll(stage: DemoStage, directory: string): Promise<string> {
  await inject(stage, directory, 'a bad release');
  const crashed = new Set<string>();
  await until(stage, 'the module has crashed', (node) => {
    // It is started again and again and seems to run in between: not all need lie down at the same moment.
    if (moduleOf(node)?.state === 'failed') crashed.add(node.id);
    return crashed.has(node.id);
  });
  return 'application gossip is dead on every node; every core still answers';
}

async function repair(stage: DemoStage): Promise<string> {
  const node = entrance(stage);
  const target = (await recordsOf(stage.cluster.root, stage.client, node)).find('d1');
  const draft = rollbackDraft(target, 'd1', {
    scrub: true,
    author: 'demo',
    message: 'repair: d1 without the corrupt state',
    expect: undefined,
  });
  const { record } = await deploy(stage.signing, stage.client, node, draft, await findCode(target, [node], stage.client));
  const nodes = await converge(stage, record);
  return `${nodes} nodes run d${record.deployment.number.sequence}, with d1's code`;
}

async function checkClean(stage: DemoStage): Promise<string> {
  await everyoneKnown(stage);
  const states = await inspectAll(stage);
  if (states.some(isPoisoned)) throw new GossipError('GOSSIP_E_MODULE_STATE', 'corrupt state came back');
  return `${states.length} member tables are clean, no node was stopped`;
}

async function everyoneKnown(stage: DemoStage): Promise<string> {
  const all = stage.lab.nodes.length;
  const deadline = performance.now() + STEP_MS;
  for (;;) {
    const counts = await memberCounts(stage);
    if (counts.length === all && counts.every((count) => count >= all)) return `all ${all} know all ${all}`;
    if (performance.now() > deadline) throw tooSlow(`the nodes know ${counts.join(', ')} of ${all} members`);
    await pause(stage);
  }
}

async function memberCounts(stage: DemoStage): Promise<number[]> {
  return (await inspectAll(stage)).map((state) => {
    const { members } = (state ?? {}) as { members?: readonly unknown[] };
    return members?.length ?? 0;
  });
}

async function inspectAll(stage: DemoStage): Promise<unknown[]> {
  const answers = await Promise.allSettled(knownNodes(stage.cluster).map((node) => stage.client.inspect(node, MODULE)));
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
}

async function converge(stage: DemoStage, record: VerifiedDeployment): Promise<number> {
  const name = `d${record.deployment.number.sequence}`;
  await until(stage, `${name} runs`, (node) => progressOf(record, node).progress === 'done');
  return stage.lab.nodes.length;
}

/** Looks at the nodes until all of them answer and are `done`. */
async function until(stage: DemoStage, what: string, done: (node: NodeStatus) => boolean): Promise<void> {
  const deadline = performance.now() + STEP_MS;
  for (;;) {
    const { sightings } = await gatherCluster(stage.cluster, stage.client);
    stage.show(sightings);
    const count = reachable(sightings).filter(done).length;
    if (count === stage.lab.nodes.length) return;
    if (performance.now() > deadline) throw tooSlow(`only on ${count} of ${stage.lab.nodes.length} nodes ${what}`);
    await pause(stage);
  }
}

function tooSlow(what: string): GossipError {
  return new GossipError('GOSSIP_E_NOT_CONVERGED', `after ${seconds(STEP_MS)}, ${what}`, {
    advice: 'Try again when the machine is less busy.',
  });
}

function entrance({ cluster }: DemoStage) {
  const [node] = knownNodes(cluster);
  if (!node) throw new GossipError('GOSSIP_E_INTERNAL', 'a lab has a rendezvous node');
  return node;
}

function moduleOf(node: NodeStatus) {
  return node.modules.find(({ name }) => name === MODULE);
}

function pause({ signal }: DemoStage): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, LOOK_MS);
    signal.addEventListener('abort', () => (clearTimeout(timer), reject(signal.reason as Error)), { once: true });
  });
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
