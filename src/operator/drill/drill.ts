/** Breaks modules on purpose, watches them go down, and brings back what ran before; by the gossip of the cores alone, for every module is dead. */
import { GossipError, toGossipError } from '../../model/errors.ts';
import type { ErrorCode } from '../../model/errors.ts';
import { compareDeployments } from '../../model/deployment.ts';
import type { ModuleName } from '../../model/names.ts';
import type { NodeAddress, NodeApi } from '../client/client.ts';
import type { OperatorCluster } from '../cluster/clusters.ts';
import { deploy, recordsOf } from '../deploy/deploy.ts';
import type { Deployed, Draft, Signing } from '../deploy/deploy.ts';
import type { CodeSource } from '../deploy/code-source.ts';
import { highestSeen, keepHighest } from '../deploy/highest.ts';
import { findCode, rollbackDraft } from '../deploy/rollback.ts';
import type { Sighting } from '../status/gather.ts';
import { Records } from '../status/records.ts';
import { Collapse } from './collapse.ts';
import { withDrillCode } from './drill-code.ts';
import { brokenModules, drillDraft, isOfDrill } from './drill-record.ts';
import type { Broken } from './drill-record.ts';
import type { Target } from './plan.ts';

export interface DrillStage {
  readonly cluster: Pick<OperatorCluster, 'root' | 'directory'>;
  readonly api: NodeApi;
  readonly signing: Signing;
  /** Where deployments enter: the first that answers. */
  readonly entrances: readonly NodeAddress[];
  readonly author: string;
  /** Names this drill, in eight digits of hexadecimal. */
  readonly run: string;
  readonly look: () => Promise<readonly Sighting[]>;
  /** A clock that runs forward, and a pause on it that ends early with the signal; virtual in tests. */
  readonly clock: { now(): number; pause(ms: number, signal: AbortSignal): Promise<void> };
}

/** A module that was brought back. */
export interface Healed {
  readonly broken: Broken;
  /** `d7`, and the new deployment; null where somebody else deployed meanwhile, which is left alone. */
  readonly deployed: Pick<Deployed, 'name' | 'record'> | null;
}

/** Why an entrance is given up for the next one. */
const SILENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'GOSSIP_E_UNREACHABLE',
  'GOSSIP_E_TIMEOUT',
  'GOSSIP_E_STOPPING',
  'GOSSIP_E_BUSY',
]);
/** Looks take time from those that are looked at: so long between two, or three times as long as one takes. */
const LOOK_MS = 250;
const MOST_PAUSE_MS = 2_000;
const PAUSE_PER_LOOK = 3;
/** Others may deploy at the same moment; more often than this something else is wrong. */
const TRIES = 4;

/** Breaks one module after the other until all are, or `ends`. `onBroken` hears of each at once: what is broken must be healed, whatever comes after. */
export async function breakModules(
  stage: DrillStage,
  targets: readonly Target[],
  ends: AbortSignal,
  onBroken: (broken: Broken, collapse: Collapse, records: Records) => void,
): Promise<void> {
  for (const { module, before, name, nodes } of targets) {
    if (ends.aborted) return;
    // What could not be brought back is not broken.
    await findCode(before, stage.entrances, stage.api);
    const deployed = await withDrillCode(module, (code) =>
      enter(stage, drillDraft(before, name, code.reference, stage.author, stage.run), code),
    );
    const broken = { module, drill: deployed.record, before };
    onBroken(broken, new Collapse(broken, nodes, stage.clock.now()), deployed.records);
  }
}

/** Looks until the drills' code has died wherever it should, or `ends`, or the time is over; says which. */
export async function watchCollapse(
  { look, clock }: Pick<DrillStage, 'look' | 'clock'>,
  collapses: readonly Collapse[],
  { ends, withinMs, onLook }: { readonly ends: AbortSignal; readonly withinMs: number; readonly onLook: (elapsedMs: number) => void },
): Promise<'down' | 'ended' | 'late'> {
  const startedAt = clock.now();
  for (;;) {
    const lookedAt = clock.now();
    const sightings = await look();
    const now = clock.now();
    for (const collapse of collapses) collapse.look(sightings, now);
    onLook(now - startedAt);
    if (collapses.every(({ isOver }) => isOver)) return 'down';
    if (ends.aborted) return 'ended';
    const pauseMs = Math.max(LOOK_MS, Math.min(MOST_PAUSE_MS, PAUSE_PER_LOOK * (now - lookedAt)));
    if (now - startedAt + pauseMs > withinMs) return 'late';
    await clock.pause(pauseMs, ends);
  }
}

/**
 * Brings back what ran before, of all that `broken` lists and of whatever else of `modules` the history says that this drill has broken: its deployment may have got into the
 * cluster although the acknowledgement was lost. One that cannot be healed does not keep the others from it.
 * @throws the first failure, once all were tried
 */
export async function heal(
  stage: DrillStage,
  broken: readonly Broken[],
  modules: ReadonlySet<ModuleName>,
  onHealed: (healed: Healed, records: Records) => void,
): Promise<void> {
  const failures: unknown[] = [];
  const found = await readAtEntrance(stage).catch((thrown: unknown) => void failures.push(thrown));
  const known = new Set(broken.map(({ module }) => module));
  const others =
    found === undefined
      ? []
      : brokenModules(found).filter(({ module, drill }) => modules.has(module) && !known.has(module) && isOfDrill(drill, stage.run));
  for (const each of [...broken, ...others]) {
    try {
      const { healed, records } = await healOne(stage, each);
      onHealed(healed, records);
    } catch (thrown) {
      failures.push(thrown);
    }
  }
  if (failures.length > 0) throw failures[0];
}

async function healOne(stage: DrillStage, broken: Broken): Promise<{ healed: Healed; records: Records }> {
  const { before, drill } = broken;
  for (let left = TRIES; ; left -= 1) {
    const known = await readAtEntrance(stage);
    const records = Records.of([...known.all, drill, before], new Map());
    const newest = known.newest(broken.module);
    if (newest !== undefined && compareDeployments(newest, drill) > 0) return { healed: { broken, deployed: null }, records };
    const name = records.name(before);
    const message = `gossip drill: back to ${name}`;
    const draft = rollbackDraft(before, name, { scrub: false, author: stage.author, message, expect: undefined });
    const code = await findCode(before, stage.entrances, stage.api);
    try {
      const deployed = await enter(stage, { ...draft, after: newest?.hash ?? null }, code);
      return { healed: { broken, deployed }, records: deployed.records };
    } catch (thrown) {
      if (left === 1 || toGossipError(thrown).code !== 'GOSSIP_E_EXPECT') throw thrown;
    }
  }
}

function readAtEntrance({ cluster: { root }, api, entrances }: DrillStage): Promise<Records> {
  return atFirst(entrances, (node) => recordsOf(root, api, node));
}

/** The numbers go on above the drill's own, whatever the node knows that it enters at. */
async function enter({ cluster, api, signing, entrances }: DrillStage, draft: Draft, code: CodeSource): Promise<Deployed> {
  const floor = Math.max(signing.floor ?? 0, highestSeen(cluster.directory));
  const deployed = await atFirst(entrances, (node) => deploy({ ...signing, floor }, api, node, draft, code));
  await keepHighest(cluster.directory, deployed.records.highestSequence);
  return deployed;
}

/** By the first node that answers; a node that took a drill may be gone when it is to be healed. */
async function atFirst<T>(nodes: readonly NodeAddress[], act: (node: NodeAddress) => Promise<T>): Promise<T> {
  let failure: unknown = new GossipError('GOSSIP_E_UNREACHABLE', 'no node is known');
  for (const node of nodes) {
    try {
      return await act(node);
    } catch (thrown) {
      if (!SILENT.has(toGossipError(thrown).code)) throw thrown;
      failure = thrown;
    }
  }
  throw failure;
}
