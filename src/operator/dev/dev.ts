/** `gossip module dev`: a lab, a watch on the project, and the loop between them. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { locateCode, readCode } from '../deploy/code-source.ts';
import type { DirectoryCode } from '../deploy/code-source.ts';
import { author } from '../deploy/author.ts';
import { deploy, recordsOf } from '../deploy/deploy.ts';
import type { Deployed, Signing } from '../deploy/deploy.ts';
import { usedRemarks } from '../deploy/used-modules.ts';
import type { Records } from '../status/records.ts';
import { openOperatorKey } from '../cluster/clusters.ts';
import type { KeyOwner } from '../cluster/key-file.ts';
import { startInspector } from '../inspector/server.ts';
import type { RunningInspector } from '../inspector/server.ts';
import { requireFitting } from '../module/settings-schema.ts';
import { withSession } from '../settings/session.ts';
import type { Session } from '../settings/session.ts';
import type { Settings } from '../settings/settings.ts';
import type { LabNode } from '../../lab/lab-file.ts';
import type { Lab } from '../../lab/lab.ts';
import { INSPECTOR_SOCKET } from '../../lab/process.ts';
import type { ModuleName } from '../../model/names.ts';
import type { JsonObject } from '../../sdk/json.ts';
import type { LineLevel } from '../../sdk/log-level.ts';
import { build } from './build.ts';
import type { DevEvent, OfDeployment } from './events.ts';
import { followLogs } from './follow-logs.ts';
import { follow } from './follow.ts';
import { DevLoop } from './loop.ts';
import { withOwnLab } from './own-lab.ts';
import type { OwnLabOptions } from './own-lab.ts';
import type { Project } from './project.ts';
import { Sources } from './sources.ts';
import { Watcher } from './watcher.ts';

export interface Dev {
  readonly project: Project;
  readonly lab: OwnLabOptions;
  /** Where debuggers find the module on one node; null: nowhere. `port`: null takes Node's own, or a free one. */
  readonly inspect: { readonly port: number | null } | null;
  /** Of the module; by default those of its last deployment. */
  readonly moduleSettings: JsonObject | undefined;
  /** The least of the modules' logs that is told. */
  readonly logLevel: LineLevel;
  readonly keyOwner: KeyOwner;
  readonly signal: AbortSignal;
  readonly tell: (event: DevEvent) => void;
}

/** Modules that come with the program. */
const SHIPPED: ReadonlySet<string> = new Set(['aggregate', 'membership', 'registry']);

/** Runs until the signal ends it, and rejects with its reason; or with what makes going on impossible. The lab ends in any case. */
export async function dev(settings: Settings, given: Dev): Promise<never> {
  // The lab has its own key, whatever signs for other clusters.
  const { instead: _, ...keyOwner } = given.keyOwner;
  const { project, inspect } = given;
  const wish = { node: inspectedNode(given), module: project.module, sources: `${pathToFileURL(project.output).href}/` };
  return withOwnLab(settings, { ...given.lab, signal: given.signal, ...(inspect && { inspect: wish }) }, (lab) =>
    withSession(given.lab.name, keyOwner, (session) => loop(session, lab, given)),
  );
}

/** One that is no rendezvous node, where there is one. */
function inspectedNode({ lab }: Dev): string {
  return lab.nodes > 1 ? 'node1' : 'rendezvous1';
}

async function openInspector(lab: Lab, given: Dev): Promise<RunningInspector | null> {
  if (given.inspect === null) return null;
  const { project, tell } = given;
  const node = lab.node(inspectedNode(given));
  const inspector = await startInspector({
    port: given.inspect.port,
    title: `${project.module} on ${node.name} of ${lab.cluster}`,
    socket: join(node.directory, INSPECTOR_SOCKET),
    project,
    onNoMap: (text) => tell({ event: 'remark', text }),
  });
  tell({ event: 'inspector', node: node.name, module: project.module, url: inspector.url });
  return inspector;
}

async function loop(session: Session, lab: Lab, given: Dev): Promise<never> {
  const { project, tell, signal } = given;
  tell({
    event: 'lab',
    cluster: lab.cluster,
    directory: lab.directory,
    project: project.directory,
    nodes: lab.nodes.map(({ name }) => name),
  });
  const sources = new Sources(project.directory);
  const delivery = new Delivery(session, lab, given);
  const looked = async () => {
    const seen = await sources.look();
    watcher.follow(seen);
    return seen;
  };
  const steps = {
    look: looked,
    build: (ends: AbortSignal) => build(project.build, project.directory, ends),
    code: () => readCode(project.output),
    deploy: (code: DirectoryCode) => delivery.deploy(code),
    follow: (name: string, savedAt: number, ends: AbortSignal) => delivery.follow(name, savedAt, ends),
    tell,
  };
  const clock = {
    now: () => performance.now(),
    after: (ms: number, act: () => void) => {
      const timer = setTimeout(act, ms);
      return () => clearTimeout(timer);
    },
  };
  const turns = new DevLoop(steps, clock);
  const watcher = new Watcher({
    root: project.directory,
    look: () => sources.look(),
    onChange: turns.noticed,
    onError: turns.fail,
    onAlone: (why) =>
      tell({ event: 'remark', text: `the system does not tell of changes (${why}); the project is looked at twice a second instead` }),
  });
  const inspector = await openInspector(lab, given);
  const stop = new AbortController();
  const logs = followLogs({ session, nodes: lab.nodes, level: given.logLevel, signal: stop.signal, tell }).catch(turns.fail);
  try {
    watcher.start(await sources.look());
    return await turns.run(signal);
  } finally {
    watcher.end();
    stop.abort();
    await logs;
    await inspector?.end();
  }
}

class Delivery {
  readonly #session: Session;
  readonly #lab: Lab;
  readonly #given: Dev;
  readonly #remarked = new Set<string>();
  #last: Deployed | null = null;

  constructor(session: Session, lab: Lab, given: Dev) {
    this.#session = session;
    this.#lab = lab;
    this.#given = given;
  }

  async deploy(code: DirectoryCode): Promise<string> {
    const { moduleSettings, tell } = this.#given;
    const module = code.moduleJson.name;
    const known = await recordsOf(this.#session.cluster.root, this.#session.client, this.#entrance);
    await this.#provide(code, module, known);
    this.#last = await this.#send(module, code, moduleSettings);
    tell({ event: 'deployed', ...ofCode(this.#last.name, code, module) });
    return this.#last.name;
  }

  follow(name: string, savedAt: number, signal: AbortSignal): Promise<void> {
    const deployed = this.#last;
    if (deployed?.name !== name) throw new Error(`${name} was not deployed last`);
    return follow({ session: this.#session, nodes: this.#lab.nodes, deployed, savedAt, signal, tell: this.#given.tell });
  }

  get #entrance(): LabNode {
    return this.#lab.nodes[0] as LabNode;
  }

  /** What the module uses, as far as it comes with the program; the rest its author deploys. */
  async #provide(code: DirectoryCode, module: ModuleName, known: Records): Promise<void> {
    const { tell } = this.#given;
    const missing = code.moduleJson.uses.filter((name) => known.newest(name) === undefined && SHIPPED.has(name) && name !== module);
    for (const name of missing) {
      const shipped = await readCode(await locateCode(name, name, this.#given.project.output));
      const { name: deployment } = await this.#send(name, shipped, undefined);
      tell({ event: 'used', ...ofCode(deployment, shipped, name) });
    }
    const now = missing.length === 0 ? known : await recordsOf(this.#session.cluster.root, this.#session.client, this.#entrance);
    for (const text of usedRemarks(code, module, now)) {
      if (!this.#remarked.has(text)) tell({ event: 'remark', text });
      this.#remarked.add(text);
    }
  }

  async #send(module: ModuleName, code: DirectoryCode, settings: JsonObject | undefined): Promise<Deployed> {
    const { cluster, client, keyOwner } = this.#session;
    const signing: Signing = { root: cluster.root, key: await openOperatorKey(cluster, keyOwner), now: Date.now };
    if (settings !== undefined) requireFitting(code.settingsSchema, settings);
    const draft = { module, code: code.reference, settings, scrub: false, rollbackOf: null, author: author(), message: '' };
    return deploy(signing, client, this.#entrance, draft, code);
  }
}

function ofCode(deployment: string, { reference, moduleJson }: DirectoryCode, module: ModuleName): OfDeployment {
  return { deployment, module, version: moduleJson.version, code: reference.hash };
}
