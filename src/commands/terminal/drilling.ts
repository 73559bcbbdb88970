/** A drill as a command tells it: what breaks, how it goes down, how it comes back; and that it comes back whatever happens. */
import { randomBytes } from 'node:crypto';
import { GossipError, toGossipError } from '../../model/errors.ts';
import type { ErrorCode } from '../../model/errors.ts';
import type { ModuleName } from '../../model/names.ts';
import type { NodeAddress } from '../../operator/client/client.ts';
import { gatherCluster } from '../../operator/client/nodes.ts';
import type { Signing } from '../../operator/deploy/deploy.ts';
import type { Place } from '../../operator/deploy/place.ts';
import type { Collapse } from '../../operator/drill/collapse.ts';
import { breakModules, heal, watchCollapse } from '../../operator/drill/drill.ts';
import type { DrillStage, Healed } from '../../operator/drill/drill.ts';
import type { Broken } from '../../operator/drill/drill-record.ts';
import { awaitHealing, Healing } from '../../operator/drill/healing.ts';
import type { HealingView } from '../../operator/drill/healing.ts';
import type { Target } from '../../operator/drill/plan.ts';
import { collapseText, drillTable, healingText, inRounds, stateText } from '../../operator/render/drill-text.ts';
import type { DrilledModule } from '../../operator/render/drill-text.ts';
import { countOfNodes } from '../../operator/render/names.ts';
import type { Session } from '../../operator/settings/session.ts';
import type { Convergence } from '../../operator/status/await-rollout.ts';
import type { Records } from '../../operator/status/records.ts';
import { startProgress } from './progress.ts';
import type { Progress } from './progress.ts';
import type { Speaker } from './speaker.ts';
import { drawTable } from './table.ts';
import { twiceInterruptible } from './twice-interruptible.ts';

export interface Drilling {
  readonly session: Session;
  readonly place: Place;
  /** What was known before. */
  readonly records: Records;
  readonly signing: Signing;
  readonly author: string;
  readonly entrances: readonly NodeAddress[];
  /** To be broken. */
  readonly targets: readonly Target[];
  /** Broken already, by a drill that was not ended. */
  readonly broken: readonly Broken[];
  readonly timeoutMs: number;
  readonly settleMs: number;
}

type Speaking = Speaker & { readonly say: (line: string) => void; readonly complain: (line: string) => void };

/** An outage on purpose ends when it was seen: where some node does not go down, it is not waited for any longer. */
const COLLAPSE_MS = 30_000;
const COLLAPSE_ROUNDS = 60;

const AGAIN = 'Interrupt once more to end this command before all is healed.';

/** As `--json` tells it. Times are in milliseconds, after which 50, 90, 99 and 100 % of the nodes had got there. */
export interface DrillJson {
  readonly cluster: string;
  readonly clusterId: string;
  readonly lab: boolean;
  /** Length of a gossip round, in milliseconds. */
  readonly intervalMs: number;
  readonly interrupted: boolean;
  readonly modules: readonly (Pick<DrilledModule, 'module' | 'collapse'> & {
    readonly before: string;
    readonly drill: string;
    /** Null where somebody else has deployed since, as `healing`. */
    readonly heal: string | null;
    readonly healing: ReturnType<typeof healingJson> | null;
  })[];
}

/** Breaks, watches, heals, tells. Whatever goes wrong after something was broken, it is healed first. */
export async function runDrill(command: Speaking, drilling: Drilling): Promise<DrillJson> {
  const course = new Course(command, drilling, await startProgress('Beginning', command.json));
  try {
    const { exitCode } = await twiceInterruptible((first, second) => course.run(first, second), {
      onFirst: () => command.complain(`Interrupted: what was broken is being healed. ${AGAIN}`),
      onSecond: () => course.tellWays(),
    });
    if (exitCode !== null) command.endWith(exitCode);
    return course.end(exitCode !== null);
  } finally {
    course.stop();
  }
}

class Course {
  readonly #command: Speaking;
  readonly #drilling: Drilling;
  readonly #stage: DrillStage;
  readonly #progress: Progress;
  readonly #broken: Broken[];
  readonly #collapses: Collapse[] = [];
  readonly #healings: Healing[] = [];
  /** Modules of which somebody else has deployed since. */
  readonly #overtaken = new Set<ModuleName>();
  #records: Records;

  constructor(command: Speaking, drilling: Drilling, progress: Progress) {
    this.#command = command;
    this.#drilling = drilling;
    this.#progress = progress;
    this.#broken = [...drilling.broken];
    this.#records = drilling.records;
    this.#stage = stageOf(drilling);
  }

  async run(first: AbortSignal, second: AbortSignal): Promise<void> {
    let failure: GossipError | null = null;
    try {
      await this.#break(first);
      if (this.#collapses.length > 0) await this.#watch(first);
    } catch (thrown) {
      failure = toGossipError(thrown);
      if (this.#broken.length > 0) this.#command.complain('The drill was broken off: what it has broken is being healed.');
    }
    await this.#heal(second);
    if (failure !== null) throw failure;
  }

  stop(): void {
    this.#progress.stop();
  }

  /** What brings back by hand what is not on its way back yet. */
  tellWays(): void {
    this.#progress.stop();
    for (const { module, before } of this.#broken) {
      const healing = this.#healings.find(({ healed }) => healed.broken.module === module);
      if (this.#overtaken.has(module)) continue;
      this.#command.complain(
        healing === undefined
          ? `${module} is broken still; heal it with: gossip rollback ${this.#name(before)} --module ${module} --wait`
          : `${module} is being healed without this command; follow it with: gossip rollout ${healing.healed.deployed.name}`,
      );
    }
  }

  /** Tells how it went. @throws where a module did not come back everywhere */
  end(interrupted: boolean): DrillJson {
    this.#progress.stop();
    const { place } = this.#drilling;
    const modules = this.#broken.map(({ module, drill, before }) => {
      const healing = this.#healings.find(({ healed }) => healed.broken.module === module);
      const collapse = this.#collapses.find((each) => each.module === module);
      return {
        module,
        before: this.#name(before),
        drill: this.#name(drill),
        heal: healing?.healed.deployed.name ?? null,
        ...(collapse && { collapse: collapse.view() }),
        healing: healing?.view() ?? null,
      };
    });
    if (modules.length > 0) this.#command.show(`\n${drawTable(drillTable(modules, place.intervalMs))}\n`);
    for (const { module, healing } of modules) if (healing?.spread.counts.running) this.#command.say(stateText(module, healing));
    const report = {
      cluster: place.cluster,
      clusterId: place.clusterId,
      lab: place.lab,
      intervalMs: place.intervalMs,
      interrupted,
      modules: modules.map((each) => ({ ...each, healing: each.healing && healingJson(each.healing) })),
    };
    this.#requireHealed(report);
    const nodes = Math.max(0, ...modules.map(({ healing }) => healing?.convergence?.done ?? 0));
    if (nodes > 0) this.#command.say(`Healed: all ${countOfNodes(nodes)} run again what ran before; none was stopped.`);
    return report;
  }

  async #break(first: AbortSignal): Promise<void> {
    this.#progress.update('Breaking');
    await breakModules(this.#stage, this.#drilling.targets, first, (broken, collapse, records) => {
      this.#records = records;
      this.#broken.push(broken);
      this.#collapses.push(collapse);
      this.#say(`${this.#name(broken.drill)}  ${broken.module}  broken on purpose, in the place of ${this.#name(broken.before)}`);
    });
  }

  async #watch(first: AbortSignal): Promise<void> {
    const { place } = this.#drilling;
    const lines = (): string[] => this.#collapses.map((each) => collapseText(each.module, each.view()));
    let took = '';
    const end = await watchCollapse(this.#stage, this.#collapses, {
      ends: first,
      withinMs: Math.max(COLLAPSE_MS, COLLAPSE_ROUNDS * place.intervalMs),
      onLook: (elapsedMs) => {
        took = inRounds(elapsedMs, place.intervalMs);
        this.#progress.update([`Going down since ${took}`, ...lines().map((line) => `  ${line}`)].join('\n'));
      },
    });
    const how = { down: 'Dead on every node', late: 'Not dead on every node', ended: 'Interrupted' }[end];
    this.#say(`${how} after ${took}: ${lines().join('; ')}`);
  }

  async #heal(second: AbortSignal): Promise<void> {
    const { place, timeoutMs, settleMs, targets } = this.#drilling;
    this.#progress.update('Healing');
    let failure: GossipError | null = null;
    const wanted = new Set(targets.map(({ module }) => module));
    try {
      await heal(this.#stage, this.#broken, wanted, (healed, records) => this.#healed(healed, records, settleMs));
    } catch (thrown) {
      failure = toGossipError(thrown);
      this.tellWays();
    }
    await awaitHealing(this.#stage, this.#healings, {
      withinMs: timeoutMs,
      settleMs,
      signal: second,
      onLook: (elapsedMs) => {
        const lines = this.#healings.map((each) => `  ${healingText(each.healed.broken.module, each.view())}`);
        this.#progress.update([`Healing since ${inRounds(elapsedMs, place.intervalMs)}`, ...lines].join('\n'));
      },
    });
    if (failure !== null) throw failure;
  }

  #healed({ broken, deployed }: Healed, records: Records, settleMs: number): void {
    this.#records = records;
    if (!this.#broken.some(({ module }) => module === broken.module)) this.#broken.push(broken);
    if (deployed === null) {
      this.#overtaken.add(broken.module);
      return this.#say(`${broken.module}: somebody has deployed since; that is left as it is`);
    }
    this.#healings.push(new Healing({ broken, deployed }, settleMs));
    this.#say(`${deployed.name}  ${broken.module}  heals it: code and settings of ${this.#name(broken.before)}, the state kept`);
  }

  #requireHealed(report: DrillJson): void {
    for (const { healed, convergence } of this.#healings) {
      if (convergence === null || convergence.outcome === 'converged') continue;
      const { name } = healed.deployed;
      const { done, reachable, stragglers, silent } = convergence;
      const reasons = [...stragglers.map((each) => `${each.name}: ${each.why}`), ...silent.map((each) => `${each.name} does not answer`)];
      const why = reasons.length === 0 ? '' : `; ${reasons[0]}`;
      const code: ErrorCode = convergence.outcome === 'halted' ? 'GOSSIP_E_HELD' : 'GOSSIP_E_NOT_CONVERGED';
      const message = `${name} heals ${healed.broken.module}, and runs on ${done} of ${countOfNodes(reachable)} so far${why}`;
      throw new NotHealed(code, message, `It goes on; follow it with 'gossip rollout ${name}'.`, report);
    }
  }

  #name(record: Broken['drill']): string {
    return this.#records.name(record);
  }

  /** A line of text, above what is redrawn in place. */
  #say(line: string): void {
    this.#progress.above(() => this.#command.say(line));
  }
}

/** It did not come back everywhere; `--json` prints what was seen beside the error. */
class NotHealed extends GossipError {
  readonly json: DrillJson;

  constructor(code: ErrorCode, message: string, advice: string, json: DrillJson) {
    super(code, message, { advice });
    this.json = json;
  }
}

/** Who had it from whom is left to `gossip rollout --tree`. */
function healingJson({ spread: { nodes, counts, source, times }, convergence, restored }: HealingView) {
  const outcome: Convergence['outcome'] = convergence?.outcome ?? 'interrupted';
  const stragglers: Convergence['stragglers'] = convergence?.stragglers ?? [];
  const silent: Convergence['silent'] = convergence?.silent ?? [];
  const elapsedMs = convergence?.elapsedMs ?? 0;
  return { nodes, counts, source, times, restored, outcome, stragglers, silent, elapsedMs: Math.round(elapsedMs) };
}

function stageOf({ session: { cluster, client }, signing, entrances, author }: Drilling): DrillStage {
  const look = async () => (await gatherCluster(cluster, client, { first: entrances })).sightings;
  return {
    cluster,
    api: client,
    signing,
    entrances,
    author,
    run: randomBytes(4).toString('hex'),
    look,
    clock: { now: () => performance.now(), pause },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
