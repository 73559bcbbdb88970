/** The operator's settings: which clusters there are, where their keys lie, and which of them is meant by default. */
import { existsSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import * as v from 'valibot';
import { GossipError } from '../../model/errors.ts';
import { clusterId, nodeName, peerFields } from '../../model/forms.ts';
import { issueText } from '../../model/issue-text.ts';
import type { ClusterId, Peer } from '../../model/names.ts';
import { Seen } from '../completion/seen.ts';
import { given } from '../../process/environment.ts';
import type { Environment } from '../../process/environment.ts';
import { operatorHome } from '../../process/home.ts';
import { SettingsFile } from './settings-file.ts';

/** What the settings say of one cluster. The root itself lies in the directory and must hash to `cluster`. */
export interface ClusterEntry {
  readonly cluster: ClusterId;
  /** Where root, keys and admission lie; absolute. The file says it relative to the home where it lies in there, so that a home can be moved. */
  readonly directory: string;
  /** Nodes that can be named in `--to` although the root does not list them. */
  readonly nodes: readonly Peer[];
}

/** All that the file says. */
export interface Said {
  readonly current: string | null;
  /** In the order in which they were made the current one. */
  readonly clusters: Readonly<Record<string, ClusterEntry>>;
  /** What the operator has set for himself, by its key: see `own-settings.ts`. */
  readonly own: Readonly<Record<string, string>>;
}

const CLUSTER_NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/;
const EMPTY: Said = { current: null, clusters: {}, own: {} };

/** Open, and kept when the file is written again: another version of the program may have added fields. */
const settingsSchema = v.looseObject({
  current: v.nullable(v.string()),
  own: v.record(v.string(), v.string()),
  clusters: v.record(
    v.pipe(v.string(), v.regex(CLUSTER_NAME)),
    v.looseObject({
      cluster: clusterId,
      directory: v.pipe(v.string(), v.minLength(1)),
      nodes: v.array(v.looseObject({ ...peerFields, name: nodeName })),
    }),
  ),
});

export class Settings {
  readonly #file: SettingsFile;
  readonly #environment: Environment;

  constructor(file: SettingsFile, environment: Environment = {}) {
    this.#file = file;
    this.#environment = environment;
  }

  /** The directory that holds the settings, and by default keys and data. */
  get home(): string {
    return this.#file.home;
  }

  /** The file that holds them. */
  get path(): string {
    return this.#file.path;
  }

  makeHome(): Promise<void> {
    return this.#file.makeHome();
  }

  /** Name of the cluster that commands mean: `GOSSIP_CLUSTER`, or else the one that was made or chosen last. */
  current(): string | null {
    return given('GOSSIP_CLUSTER', this.#environment) ?? this.#read().current;
  }

  /** One of the operator's own settings, whatever the environment says; null where it is not set. */
  own(key: string): string | null {
    const said = this.#read();
    if (key === 'cluster') return said.current;
    return Object.hasOwn(said.own, key) ? (said.own[key] ?? null) : null;
  }

  async setOwn(key: string, value: string | null): Promise<void> {
    if (key === 'cluster') return this.#choose(value);
    await this.#change((said) => {
      const { [key]: _before, ...others } = said.own;
      return { ...said, own: value === null ? others : { ...others, [key]: value } };
    });
  }

  async #choose(name: string | null): Promise<void> {
    if (name !== null) return this.use(name);
    throw new GossipError('GOSSIP_E_USAGE', 'one of the clusters is always the one that commands mean', {
      advice: 'Choose another: gossip cluster use NAME.',
    });
  }

  clusters(): Readonly<Record<string, ClusterEntry>> {
    return this.#read().clusters;
  }

  everything(): Said {
    return this.#read();
  }

  /**
   * Adds clusters and own settings, all at once. What is there stays where `replace` is not said; nothing is taken over where the file does not say `expected` any more
   * (`GOSSIP_E_FILE`). The current cluster stays, where there is one and it is not replaced.
   */
  async takeOver(more: Said, { replace, expected }: { readonly replace: boolean; readonly expected: Said }): Promise<void> {
    await this.#change((said) => {
      if (JSON.stringify(said) !== JSON.stringify(expected))
        throw new GossipError('GOSSIP_E_FILE', `${this.#file.path} was changed meanwhile; nothing was taken over`, {
          advice: 'Try again.',
        });
      const clusters = { ...said.clusters, ...more.clusters };
      const kept = { ...said, own: { ...said.own, ...more.own }, clusters };
      const current = replace ? (more.current ?? said.current) : (said.current ?? more.current);
      return current === null || !Object.hasOwn(clusters, current) ? kept : madeCurrent(kept, current);
    });
  }

  /** A name that no cluster has: `base`, or `base-2` and so on. */
  freeName(base: string): string {
    const taken = this.#read().clusters;
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? base : `${base}-${number}`;
      if (!Object.hasOwn(taken, name)) return name;
    }
  }

  /** The entry of a cluster, by default of the current one. */
  cluster(name?: string): ClusterEntry & { readonly name: string } {
    const wanted = name ?? this.current();
    if (wanted === null) throw new GossipError('GOSSIP_E_NO_CLUSTER', `no cluster is set up in ${this.home}`);
    const { clusters } = this.#read();
    const entry = Object.hasOwn(clusters, wanted) ? clusters[wanted] : undefined;
    if (entry === undefined) {
      const known = Object.keys(clusters).join(', ');
      throw new GossipError(
        'GOSSIP_E_NO_CLUSTER',
        `no cluster '${wanted}' is set up in ${this.home}${known === '' ? '' : `; there is ${known}`}`,
      );
    }
    return { name: wanted, ...entry };
  }

  /** Adds or replaces a cluster and makes it the current one. */
  async save(name: string, entry: ClusterEntry): Promise<void> {
    checkClusterName(name);
    await this.#change((said) => madeCurrent({ ...said, clusters: { ...said.clusters, [name]: entry } }, name));
  }

  /** Replaces what is known of a cluster that is still there; the current one stays. */
  async update(name: string, change: (entry: ClusterEntry) => ClusterEntry): Promise<void> {
    await this.#change((said) => {
      const entry = said.clusters[name];
      return entry === undefined ? said : { ...said, clusters: { ...said.clusters, [name]: change(entry) } };
    });
  }

  /** Makes a cluster the current one. */
  async use(name: string): Promise<void> {
    this.cluster(name);
    await this.#change((said) => madeCurrent(said, name));
  }

  /** Forgets a cluster; its directory stays. Where it was the current one, that is again the one before. */
  async forget(name: string): Promise<void> {
    await this.#change((said) => {
      const { [name]: _forgotten, ...clusters } = said.clusters;
      return { ...said, current: said.current === name ? (Object.keys(clusters).at(-1) ?? null) : said.current, clusters };
    });
  }

  async #change(act: (said: Said) => Said): Promise<void> {
    await this.#file.change((before) =>
      withDirectories(act(this.#parse(before)), (directory) => inside(directory, this.home) ?? directory),
    );
    const { current, clusters } = this.#read();
    const seen = new Seen();
    seen.add('cluster', Object.keys(clusters));
    await seen.keep(this.home, current ?? '');
  }

  #read(): Said {
    return this.#parse(this.#file.read());
  }

  #parse(value: unknown): Said {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    const parsed = v.safeParse(settingsSchema, isObject ? { ...EMPTY, ...value } : (value ?? EMPTY));
    if (parsed.success) {
      return withDirectories(parsed.output, (directory, name) => found(directory, name, this.home));
    }
    const issue = parsed.issues[0];
    throw new GossipError('GOSSIP_E_FILE', `${this.#file.path}: ${issueText(issue, 'settings')}`, {
      advice: 'Fix or remove the file; keys and data are elsewhere and stay.',
    });
  }
}

/** The settings under `GOSSIP_HOME`, or in the platform's directory for configuration. Nothing is made before something is written. */
export function openSettings(environment: Environment = process.env): Settings {
  return new Settings(new SettingsFile(operatorHome(environment)), environment);
}

/** The last of the clusters is the one that was made current last: so the one before it is known too. */
function madeCurrent(said: Said, name: string): Said {
  const { [name]: entry, ...others } = said.clusters;
  return { ...said, current: name, clusters: entry === undefined ? others : { ...others, [name]: entry } };
}

function withDirectories(said: Said, change: (directory: string, name: string) => string): Said {
  const entries = Object.entries(said.clusters).map(([name, entry]) => [name, { ...entry, directory: change(entry.directory, name) }]);
  return { ...said, clusters: Object.fromEntries(entries) as Said['clusters'] };
}

/** The path below `home`, or null when it lies elsewhere. */
function inside(directory: string, home: string): string | null {
  const path = relative(home, directory);
  return path === '' || isAbsolute(path) || path.split('/')[0] === '..' ? null : path;
}

/**
 * Where a directory of the file lies now. Version 0.1.0 wrote absolute paths: in a home that was restored elsewhere they name the old place,
 * whose keys must not be used without a word. Those that it made inside its home are looked for inside this one.
 */
function found(directory: string, name: string, home: string): string {
  if (!isAbsolute(directory)) return resolve(home, directory);
  if (inside(directory, home) !== null) return directory;
  const own = join('clusters', name);
  if (directory.endsWith(`/${own}`)) return join(home, own);
  const lab = join('labs', basename(dirname(directory)), 'operator');
  return directory.endsWith(`/${lab}`) && existsSync(join(home, lab)) ? join(home, lab) : directory;
}

export function checkClusterName(name: string): string {
  if (CLUSTER_NAME.test(name)) return name;
  throw new GossipError('GOSSIP_E_USAGE', `'${name}' is not a cluster name`, {
    advice: 'Use at most 63 lower-case letters, digits, dots or dashes.',
  });
}
