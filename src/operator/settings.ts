/** The operator's settings: which clusters there are, where their keys lie, and which of them is meant by default. */
import { dirname } from 'node:path';
import * as v from 'valibot';
import { GossipError } from '../model/errors.ts';
import { isAddress, isNodeId, NODE_NAME } from '../model/names.ts';
import type { Address, ClusterId, NodeId, Peer } from '../model/names.ts';
import { given } from './environment.ts';
import type { Environment } from './environment.ts';

/** What the settings say of one cluster. The root itself lies in the directory and must hash to `cluster`. */
export interface ClusterEntry {
  readonly cluster: ClusterId;
  /** Where root, keys and admission lie. */
  readonly directory: string;
  /** Nodes that can be named in `--to` although the root does not list them. */
  readonly nodes: readonly Peer[];
}

export interface SettingsFile {
  readonly current: string | null;
  readonly clusters: Readonly<Record<string, ClusterEntry>>;
}

const CLUSTER_NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/;
const EMPTY: SettingsFile = { current: null, clusters: {} };

const id = <T extends NodeId | ClusterId>() => v.custom<T>((input) => typeof input === 'string' && isNodeId(input), 'not an id');
const address = v.custom<Address>((input) => typeof input === 'string' && isAddress(input), 'not an address');
const settingsSchema = v.strictObject({
  current: v.nullable(v.string()),
  clusters: v.record(
    v.pipe(v.string(), v.regex(CLUSTER_NAME)),
    v.strictObject({
      cluster: id<ClusterId>(),
      directory: v.pipe(v.string(), v.minLength(1)),
      nodes: v.array(v.strictObject({ id: id<NodeId>(), name: v.pipe(v.string(), v.regex(NODE_NAME)), address })),
    }),
  ),
});

/** A file of settings; `conf` in the product, memory in tests. */
export interface SettingsStore {
  readonly path: string;
  read(): unknown;
  write(settings: SettingsFile): void;
}

export class Settings {
  /** The directory that holds the settings, and by default keys and data. */
  readonly home: string;
  readonly #store: SettingsStore;
  readonly #environment: Environment;

  constructor(home: string, store: SettingsStore, environment: Environment = {}) {
    this.home = home;
    this.#store = store;
    this.#environment = environment;
  }

  /** Name of the cluster that commands mean: `GOSSIP_CLUSTER`, or else the one that was made or chosen last. */
  current(): string | null {
    return given('GOSSIP_CLUSTER', this.#environment) ?? this.#read().current;
  }

  clusters(): Readonly<Record<string, ClusterEntry>> {
    return this.#read().clusters;
  }

  /** The entry of a cluster, by default of the current one. */
  cluster(name?: string): ClusterEntry & { readonly name: string } {
    const wanted = name ?? this.current();
    if (wanted === null) throw new GossipError('GOSSIP_E_NO_CLUSTER', 'no cluster is set up here');
    const entry = Object.hasOwn(this.#read().clusters, wanted) ? this.#read().clusters[wanted] : undefined;
    if (entry === undefined) {
      const known = Object.keys(this.#read().clusters).join(', ');
      throw new GossipError('GOSSIP_E_NO_CLUSTER', `no cluster '${wanted}' is set up here${known === '' ? '' : `; there is ${known}`}`);
    }
    return { name: wanted, ...entry };
  }

  /** Adds or replaces a cluster and makes it the current one. */
  save(name: string, entry: ClusterEntry): void {
    const settings = this.#read();
    this.#store.write({ current: checkClusterName(name), clusters: { ...settings.clusters, [name]: entry } });
  }

  /** Replaces what is known of a cluster; the current one stays. */
  update(name: string, entry: ClusterEntry): void {
    const settings = this.#read();
    this.#store.write({ ...settings, clusters: { ...settings.clusters, [name]: entry } });
  }

  /** Makes a cluster the current one. */
  use(name: string): void {
    this.cluster(name);
    this.#store.write({ ...this.#read(), current: name });
  }

  /** Forgets a cluster; its directory stays. The current one is then the last of those that remain. */
  forget(name: string): void {
    const { [name]: _forgotten, ...clusters } = this.#read().clusters;
    const current = this.#read().current;
    this.#store.write({ current: current === name ? (Object.keys(clusters).at(-1) ?? null) : current, clusters });
  }

  #read(): SettingsFile {
    const parsed = v.safeParse(settingsSchema, this.#store.read());
    if (parsed.success) return parsed.output;
    const issue = parsed.issues[0];
    throw new GossipError('GOSSIP_E_FILE', `${this.#store.path}: ${v.getDotPath(issue) ?? 'settings'}: ${issue.message}`, {
      advice: 'Mend or remove the file; keys and data lie elsewhere and stay.',
    });
  }
}

/** The settings under `GOSSIP_HOME`, or in the platform's directory for configuration. */
export async function openSettings(environment: Environment = process.env): Promise<Settings> {
  const { default: Conf } = await import('conf');
  const home = given('GOSSIP_HOME', environment);
  const conf = coded(
    'the settings',
    () =>
      new Conf<{ current: string | null; clusters: Record<string, ClusterEntry> }>({
        projectName: 'gossip',
        projectSuffix: '',
        configName: 'settings',
        configFileMode: 0o600,
        accessPropertiesByDotNotation: false,
        ...(home !== undefined && { cwd: home }),
      }),
  );
  const store: SettingsStore = {
    path: conf.path,
    read: () => coded(conf.path, () => ({ ...EMPTY, ...conf.store })),
    write: ({ current, clusters }) => coded(conf.path, () => void (conf.store = { current, clusters: { ...clusters } })),
  };
  return new Settings(dirname(conf.path), store, environment);
}

/** Damaged or unwritable files become coded errors. */
function coded<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new GossipError('GOSSIP_E_FILE', `${what}: ${(cause as Error).message}`, { cause });
  }
}

export function checkClusterName(name: string): string {
  if (CLUSTER_NAME.test(name)) return name;
  throw new GossipError('GOSSIP_E_USAGE', `'${name}' is not a cluster name`, {
    advice: 'Use at most 63 lower-case letters, digits, dots or dashes.',
  });
}
