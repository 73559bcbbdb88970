/** The files of a new module. */
import type { ModuleName } from '../../model/names.ts';

export interface ToolVersions {
  readonly esbuild: string;
  /** Packages of Node's binaries, one for each platform; npm takes the one that fits. */
  readonly node: Readonly<Record<string, string>>;
  readonly nodeTypes: string;
  readonly typescript: string;
}

interface Facts {
  readonly name: ModuleName;
  /** The version of gossip whose SDK lies in `SDK_FOLDER`. */
  readonly sdkVersion: string;
  readonly versions: ToolVersions;
}

/** Where the project carries its own copy of the SDK. */
export const SDK_FOLDER = 'vendor/gossip';

/** Path and content of each file. */
export function moduleTemplate(facts: Facts): readonly (readonly [path: string, content: string])[] {
  return [
    ['.gitignore', 'node_modules/\n/dist/\n'],
    ['README.md', readme(facts)],
    ['build.ts', BUILD],
    [
      'module.json',
      json({ name: facts.name, version: '0.1.0', description: 'Counts the rounds of all nodes', entry: 'index.cjs', api: 1 }),
    ],
    ['package.json', packageJson(facts)],
    [`${SDK_FOLDER}/package.json`, sdkPackageJson(facts)],
    ['src/index.ts', source(facts)],
    ['test/contract.test.ts', contractTest(facts)],
    ['test/behaviour.test.ts', behaviourTest(facts)],
    ['tsconfig.json', json(TSCONFIG)],
  ];
}

/** The module's class, as its tests import it. */
const ENTRY = '../src/index.ts';

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function packageJson({ name, versions }: Facts): string {
  return json({
    // With a word in front: a module may bear the name of a package that it needs.
    name: `gossip-module-${name}`,
    version: '0.1.0',
    private: true,
    type: 'module',
    scripts: { build: 'node build.ts', types: 'tsc', test: 'npm run build && node --test "test/*.test.ts"' },
    // esbuild works without its install script.
    allowScripts: { esbuild: false },
    // Inside the project, so that it can be moved, shared and committed as it is.
    dependencies: { gossip: `file:${SDK_FOLDER}` },
    devDependencies: {
      '@types/node': versions.nodeTypes,
      esbuild: versions.esbuild,
      typescript: versions.typescript,
    },
    optionalDependencies: versions.node,
  });
}

function sdkPackageJson({ sdkVersion }: Facts): string {
  const entry = (name: string) => ({ types: `./sdk/${name}.d.ts`, default: `./sdk/${name}.js` });
  return json({
    name: 'gossip',
    version: sdkVersion,
    description: "The part of gossip that modules are written against, as 'gossip module init' found it",
    license: 'MIT',
    type: 'module',
    exports: {
      './sdk': entry('index'),
      './sdk/contract': entry('contract'),
      './sdk/replicated': entry('replicated'),
      './sdk/wasm': entry('wasm'),
      './package.json': './package.json',
    },
  });
}

const TSCONFIG = {
  compilerOptions: {
    target: 'es2024',
    lib: ['es2024'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    // Node runs the tests' TypeScript by leaving the types out.
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ['src', 'test', 'build.ts'],
};

const BUILD = `/** Builds dist/: one self-contained file and module.json, which is what is deployed. Packages from npm are bundled in. */
import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

await rm('dist', { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: ['src/index.ts'],
  outfile: 'dist/index.cjs',
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node26',
  // Leaves out comments with paths of this machine: the same source gives the same hash everywhere.
  minifyWhitespace: true,
  charset: 'utf8',
  legalComments: 'none',
  // Errors on a node show the place in src/, by this map; the sources themselves stay here.
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
  metafile: true,
});
await copyFile('module.json', 'dist/module.json');
// What the settings must fit, where it is a file of its own.
if (existsSync('settings.schema.json')) await copyFile('settings.schema.json', 'dist/settings.schema.json');
// WebAssembly that packages read from beside their code: it stands beside the bundle.
const bundle = await readFile('dist/index.cjs', 'utf8');
for (const directory of new Set(Object.keys(metafile.inputs).map(dirname))) {
  const files = (await readdir(directory)).filter((name) => name.endsWith('.wasm') && bundle.includes(name));
  for (const name of files) await copyFile(join(directory, name), join('dist', name));
}
// Named as seen from the project, wherever that lies.
const map = JSON.parse(await readFile('dist/index.cjs.map', 'utf8')) as { sources: string[] };
map.sources = map.sources.map((source) => source.replace(/^(?:\\.\\.\\/)+(?:.*\\/(?=node_modules\\/))?/, ''));
await writeFile('dist/index.cjs.map', JSON.stringify(map));
`;

/** What the template's own files import. */
const IMPORTED = ['GossipModule', 'BadInput', 'Json', 'JsonObject', 'TestNetwork'];

/** `page-views` → `PageViews`. One that would hide a name of the language, of Node or of the template gets a word behind it. */
export function className(name: ModuleName): string {
  const plain = name
    .split('-')
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join('');
  let free = plain;
  while (free in globalThis || IMPORTED.includes(free)) free += 'Module';
  return free;
}

function source({ name }: Facts): string {
  return `/** ${name}: counts the rounds of all nodes together. An example: put your own idea in its place. */
import { asInteger, asObject, BadInput, field, GossipModule, parseState, roundMs } from 'gossip/sdk';
import type { Json, JsonObject } from 'gossip/sdk';

/** Whatever arrives is bounded. */
const MAX_NODES = 10_000;

export default class ${className(name)} extends GossipModule {
  /** How far each node has counted, by node id. Of two counts the higher is the later one, so merging is taking the maximum. */
  #counts = new Map<string, number>();

  override start(): void {
    this.context.every(roundMs(this.context), () => this.#round());
  }

  /** A message of this module on another node. A throw refuses it. */
  override receive(body: Json): Json {
    this.#merge(parseCounts(body));
    return this.#table();
  }

  /** The state for the next instance; called for checkpoints too. Raise the version when the form changes, and read the old one. */
  override transferState(): string {
    return JSON.stringify({ version: 1, counts: this.#table() });
  }

  override acceptState(text: string): void {
    const { state } = parseState(text, [1]);
    this.#counts = parseCounts(field(state, 'counts'));
  }

  /** What an operator sees. */
  override inspect(): Json {
    const counts = [...this.#counts.values()];
    return { nodes: counts.length, total: counts.reduce((sum, count) => sum + count, 0) };
  }

  async #round(): Promise<void> {
    const { id } = this.context.self;
    this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1);
    for (const peer of this.context.peers(2)) {
      try {
        this.#merge(parseCounts(await this.context.exchange(peer, this.#table())));
      } catch (error) {
        // No answer, or a bad one: gossip needs neither every message nor every peer.
        this.context.log('an exchange failed', { peer: peer.name, error: String(error) });
      }
    }
  }

  #merge(counts: Map<string, number>): void {
    for (const [id, count] of counts) {
      if (this.#counts.has(id) || this.#counts.size < MAX_NODES) this.#counts.set(id, Math.max(count, this.#counts.get(id) ?? 0));
    }
  }

  #table(): JsonObject {
    return Object.fromEntries(this.#counts);
  }
}

/** Checks what another node, or an older instance, says. */
function parseCounts(value: Json | undefined): Map<string, number> {
  const entries = Object.entries(asObject(value, 'counts'));
  if (entries.length > MAX_NODES) throw new BadInput('too many counts');
  return new Map(entries.map(([id, count]) => [id, asInteger(count, 'a count', { max: Number.MAX_SAFE_INTEGER })]));
}
`;
}

function contractTest({ name }: Facts): string {
  return `/** What gossip asks of every module: hand-over, hostile messages, loss. */
import { describe, test } from 'node:test';
import { contractSuite } from 'gossip/sdk/contract';
import ${className(name)} from '${ENTRY}';

describe('${name} keeps the contract', () => {
  for (const check of contractSuite(${className(name)})) test(check.name, () => check.run());
});
`;
}

function behaviourTest({ name }: Facts): string {
  const Class = className(name);
  return `/** What this module is for, on a network in memory: virtual time, one seed, no waiting. */
import { test } from 'node:test';
import { TestNetwork } from 'gossip/sdk/contract';
import ${Class} from '${ENTRY}';

test('every node learns of every other, although messages are lost', async () => {
  const network = new TestNetwork({ seed: 1, loss: 0.2 });
  for (let count = 0; count < 10; count++) await network.add(${Class});
  const known = () => network.nodes.map((node) => (node.module.inspect() as { nodes: number }).nodes);
  await network.until('all know all', () => known().every((count) => count === 10));
});
`;
}

function readme({ name }: Facts): string {
  return `# ${name}

A gossip module: \`src/index.ts\` is one class; time, chance, peers and sending come from its context.

\`\`\`
npm install
npm test                                       # builds dist/, then runs the contract suite and the module's own tests
gossip module check dist                       # tries it in the sandbox
gossip deploy dist --to NODE --module ${name}   # signs it and brings it to every node
\`\`\`

\`module.json\` names the module, its version label and its entry; \`npm run build\` bundles everything, packages from npm
included, into \`dist/\`. The hash of \`dist/\` is the code's version. \`vendor/gossip\` is the SDK, so that the
project needs nothing of the machine it was made on: commit it. A newer one is the \`vendor/gossip\` of a new \`gossip module init\`. Change the state's form only together with its version in
\`transferState\`, and go on reading the old one: a live update hands the old instance's state to the new one.
`;
}
