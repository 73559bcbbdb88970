/** The rules of ARCHITECTURE.md: each takes the sources and lists the offenders, a line for each. */
import { builtinModules } from 'node:module';
import { codeOf, importsOf } from './source.ts';
import type { Import, Source } from './source.ts';

/** From the top down: a folder imports only from folders below it, and from itself. */
const LAYERS = [
  'src/node-run.ts',
  'src/node-inspected.ts',
  'src/cli.ts',
  'src/commands',
  'src/node',
  'src/operator',
  'src/lab',
  'src/client',
  'src/process',
  'src/core/run.ts',
  'src/core/changes.ts',
  'src/core/run-options.ts',
  'src/core/stop.ts',
  'src/core/api',
  'src/core/inspector',
  'src/core/door',
  'src/core/discovery',
  'src/core/event-handlers',
  'src/core/metrics',
  'src/core',
  'src/core/adapters',
  'src/core/peers',
  'src/core/admission',
  'src/core/log',
  'src/core/transport',
  'src/core/hosting',
  'src/core/store',
  'src/host',
  'src/sim',
  'src/runner',
  'src/gossip',
  'src/api',
  'src/trust',
  'src/dashboard',
  'src/model',
  'src/modules',
  'src/sdk',
];
/** Siblings: none imports another, though one stands above the other in the list. */
const SIBLINGS = ['src/core/transport', 'src/core/hosting', 'src/core/store'];
/** Folders whose code sees the world only through what it is given. */
const PURE = ['src/runner', 'src/gossip', 'src/api', 'src/model', 'src/sdk', 'src/modules'];
/** Watches who touches the world, for the contract suite: it must name what it watches. */
const WATCHMAN = 'src/sdk/culprits.ts';
/** Packages, and the only place that may know them. */
const HOMES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(@oclif\/|ora$|cli-table3$)/, ['src/commands', 'src/cli.ts']],
  [/^undici$/, ['src/core']],
  [/^got$/, ['src/operator']],
  [/^pino/, ['src/core']],
  [/^prom-client$/, ['src/core/metrics']],
  [/^smol-toml$/, ['src/node']],
];
/** Where the daemon begins. */
const DAEMON = ['src/node-run.ts', 'src/node', 'src/core'];
/** What the daemon never loads, however indirectly. */
const NOT_IN_THE_DAEMON = /^(src\/(cli\.ts|commands|operator|lab|client|sim)\b|@oclif\/|ora$|cli-table3$|got$|log-update$)/;
/** What a start of the daemon asks of the operator's side when it needs that, and not before: to found a cluster, to read a file, to know its home. */
const ON_DEMAND = [
  'src/cli.ts',
  'src/operator/cluster/one-node-cluster.ts',
  'src/operator/files/given-file.ts',
  'src/operator/settings/settings.ts',
];
/** Means that reach past a pure folder's border: clock, chance, timers, network, process. */
const MEANS =
  /(?<![.\w$])(?:new\s+Date\b|Date\s*[.(]|Math\s*\.\s*random|(?:setTimeout|setInterval|setImmediate|fetch|require)\s*\(|(?:process|performance|crypto|Atomics|Deno|Bun)\s*[.[]|globalThis\b)/g;
/** How effects are come by: by having the protocol handle an event, or from somebody who did. A core, a runner and a server's handlers give none back. */
const EFFECTS = /\bGossipEffect\b|(?<!\b(?:core|#?runner|#?handlers))\.handle\(/g;
/** They see effects, and only watch: the simulator's laws and traces, and the node that tells them. */
const WATCHERS = ['src/sim/laws/happening.ts', 'src/sim/node/node-run.ts', 'src/sim/trace/trace-line.ts', 'src/sim/trace/trace.ts'];
const MAX_LINES = 300;

function layerOf(path: string): string | undefined {
  return LAYERS.filter((layer) => path === layer || path.startsWith(`${layer}/`)).toSorted((a, b) => b.length - a.length)[0];
}

/** A folder imports only from folders below it; shipped modules import the SDK and nothing else. */
export function layering(sources: readonly Source[]): string[] {
  return allImports(sources)
    .filter(({ to }) => to.startsWith('src/') || to.startsWith('test/') || to.startsWith('scripts/'))
    .filter((link) => !isDownward(link))
    .map(describe);
}

function isDownward({ from, to }: Import): boolean {
  const [above, below] = [layerOf(from), layerOf(to)];
  if (above === undefined || below === undefined) return false;
  if (above === below) return true;
  if (above === 'src/modules') return below === 'src/sdk';
  // It runs in a browser.
  if (above === 'src/dashboard') return below === 'src/model';
  if (SIBLINGS.includes(above) && SIBLINGS.includes(below)) return false;
  return LAYERS.indexOf(above) < LAYERS.indexOf(below);
}

/** No file imports itself by way of others, for a type no more than for a value: each circle once, told from its first file by the shortest way. */
export function circles(sources: readonly Source[]): string[] {
  const links = new Map(sources.map((source) => [source.path, importsOf(source).map(({ to }) => to)]));
  return [...links.keys()]
    .map((path) => wayBack(path, links))
    .filter(([first = '', ...others]) => first !== '' && others.every((path) => first <= path))
    .map((way) => way.join(' imports '));
}

/** The shortest way from a file back to itself; empty when there is none. */
function wayBack(start: string, links: ReadonlyMap<string, readonly string[]>): string[] {
  const cameFrom = new Map<string, string>();
  const reached = [start];
  for (const path of reached) {
    for (const to of links.get(path) ?? []) {
      if (to === start) return [...wayTo(path, cameFrom), start];
      if (cameFrom.has(to)) continue;
      cameFrom.set(to, path);
      reached.push(to);
    }
  }
  return [];
}

function wayTo(path: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const before = cameFrom.get(path);
  return before === undefined ? [path] : [...wayTo(before, cameFrom), path];
}

/** Every source lies in a folder that has a place in the order. */
export function placement(sources: readonly Source[]): string[] {
  return sources.filter(({ path }) => layerOf(path) === undefined).map(({ path }) => `${path} belongs to no layer`);
}

/** Pure folders import no part of Node and use no clock, chance, timer, network or process of their own. */
export function purity(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => PURE.includes(layerOf(path) ?? '') && path !== WATCHMAN)
    .flatMap((source) => [
      ...importsOf(source)
        .filter(({ to }) => isBuiltin(to))
        .map(describe),
      ...meansOf(source).map((means) => `${source.path} uses ${means}`),
    ]);
}

/** Names that the file declares itself, outright or by destructuring, are its own whatever else bears them. */
function meansOf(source: Source): string[] {
  const code = codeOf(source);
  const isOwn = (name = '') => new RegExp(`\\b(?:(?:function|class)\\s+|(?:const|let)\\s+(?:\\{[^}]*\\b)?)${name}\\b`).test(code);
  return (code.match(MEANS) ?? [])
    .map((means) => means.replace(/[\s.([]+$/, '').replaceAll(/\s+/g, ' '))
    .filter((means) => !isOwn(/\w+$/.exec(means)?.[0]));
}

/** Shipped modules are self-contained: no packages. */
export function moduleImports(sources: readonly Source[]): string[] {
  return allImports(sources)
    .filter(({ from, to }) => layerOf(from) === 'src/modules' && !to.startsWith('src/'))
    .map(describe);
}

/** Effects are carried out by the engine and by nothing else: whoever else comes by them is known, and watches. */
export function effects(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => isWithin(path, 'src') && !['src/gossip', 'src/runner', ...WATCHERS].some((place) => isWithin(path, place)))
    .flatMap(({ path, text }) => [...text.matchAll(EFFECTS)].map(([means]) => `${path} comes by effects: ${means}`));
}

/** Some packages have one home. */
export function homes(sources: readonly Source[]): string[] {
  return allImports(sources)
    .filter(({ from, to }) => HOMES.some(([name, places]) => name.test(to) && !places.some((place) => isWithin(from, place))))
    .map(describe);
}

/** Specifiers say `node:` and `.ts`. */
export function specifiers(sources: readonly Source[]): string[] {
  return allImports(sources)
    .filter(({ to }) => (builtinModules.includes(to) && !to.startsWith('node:')) || (to.startsWith('src/') && !to.endsWith('.ts')))
    .map(describe);
}

/** Nothing of the operator's side is loaded by the daemon, but a few files, and those only when they are asked for. */
export function daemonPath(sources: readonly Source[]): string[] {
  const links = Map.groupBy(allImports(sources), ({ from }) => from);
  const seen = new Set(sources.map(({ path }) => path).filter((path) => DAEMON.some((place) => isWithin(path, place))));
  const found: string[] = [];
  for (const path of seen) {
    for (const link of links.get(path) ?? []) {
      const isOnDemand = ON_DEMAND.includes(link.to) && link.loads !== 'at once';
      if (isOnDemand) continue;
      if (NOT_IN_THE_DAEMON.test(link.to)) found.push(describe(link));
      else if (link.to.startsWith('src/')) seen.add(link.to);
    }
  }
  return found;
}

/** Long files have a second idea in them; the exceptions say why they have not. */
export function fileLength(sources: readonly Source[], exceptions: Readonly<Record<string, string>>): string[] {
  const tooLong = sources.filter(({ path, text }) => text.split('\n').length > MAX_LINES + 1 && exceptions[path] === undefined);
  const stale = Object.keys(exceptions).filter((path) => !sources.some((source) => source.path === path));
  return [
    ...tooLong.map(({ path, text }) => `${path} has ${text.split('\n').length - 1} lines, more than ${MAX_LINES}`),
    ...stale.map((path) => `${path} is excepted, but does not exist`),
  ];
}

function allImports(sources: readonly Source[]): Import[] {
  return sources.flatMap(importsOf);
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier);
}

function isWithin(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

function describe({ from, to }: Import): string {
  return `${from} imports ${to}`;
}
