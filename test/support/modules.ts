/** Modules that tests write themselves: a directory with one file of code and its module.json, as an author would deploy it. */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface ModuleSource {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  /** Bytes of further, unused code: what takes longer to fetch. */
  readonly ballastBytes?: number;
}

/** Writes the module below `parent`; returns its directory. */
export async function writeModule(parent: string, { name, version, source, ballastBytes = 0 }: ModuleSource): Promise<string> {
  const directory = join(parent, `${name}-${version}`);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'index.mjs'), source);
  await writeFile(join(directory, 'module.json'), JSON.stringify({ name, version, entry: 'index.mjs', api: 1 }));
  if (ballastBytes > 0) await writeFile(join(directory, 'ballast.js'), `// ${version} `.padEnd(ballastBytes, '.'));
  return directory;
}

/** Where the build puts a shipped module. */
export function shippedModule(name: string): string {
  return fileURLToPath(new URL(`../../dist/shipped/${name}`, import.meta.url));
}

/** A shipped module under another version label: other bytes, another hash, the same state. */
export async function writeRelabelled(parent: string, name: string, version: string): Promise<string> {
  const directory = join(parent, `${name}-${version}`);
  await cp(shippedModule(name), directory, { recursive: true });
  const manifest = JSON.parse(await readFile(join(directory, 'module.json'), 'utf8')) as Record<string, unknown>;
  await writeFile(join(directory, 'module.json'), JSON.stringify({ ...manifest, version }));
  return directory;
}

/**
 * Remembers. `born` never travels and never changes: only a state that was handed over on this very node has it. `words`
 * travel and are never forgotten: one for each node and deployment that ran there, so that any contamination shows.
 */
const NOTEBOOK = `
export default class Notebook {
  constructor(context) {
    this.context = context;
    this.born = null;
    this.words = new Set();
  }
  acceptState(state) {
    const { born, words } = JSON.parse(state);
    this.born = born;
    this.learn(words);
  }
  start() {
    const { self, deployment, intervalMs } = this.context;
    this.born ??= deployment + ' ' + this.context.random();
    this.learn([self.name + ' ' + deployment]);
    this.context.every(intervalMs, () => this.round());
  }
  async round() {
    for (const peer of this.context.peers(2)) {
      this.learn(await this.context.exchange(peer, [...this.words]).catch(() => []));
    }
  }
  receive(words) {
    this.learn(words);
    return [...this.words];
  }
  learn(words) {
    for (const word of words) this.words.add(word);
  }
  transferState() {
    return JSON.stringify(this.inspect());
  }
  inspect() {
    return { born: this.born, words: [...this.words].sort() };
  }
}
`;

/** What `module inspect notebook` shows. */
export interface Notebook {
  /** The deployment under which this node's state began, and a random number. */
  readonly born: string;
  /** `NODE dN` */
  readonly words: readonly string[];
}

export function notebook(version: string): ModuleSource {
  return { name: 'notebook', version, source: NOTEBOOK };
}
