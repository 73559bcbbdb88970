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

/** Sends bytes and JSON to every peer, and tells what came of it; the bytes are those of a JSON text. */
const CARRIER = `
export default class Carrier {
  constructor(context) {
    this.context = context;
    this.told = {};
    this.heard = new Set();
  }
  start() {
    this.context.every(this.context.intervalMs, () => this.round());
  }
  async round() {
    // A node of version 0.1 carries no bytes.
    if (this.context.send === undefined) return;
    for (const peer of this.context.peers(8)) {
      const bytes = await this.context.exchange(peer, Uint8Array.of(0x31), { answer: 'bytes' }).then((answer) => 'bytes ' + answer.join(), ({ reason }) => reason);
      this.told[peer.name] = [bytes, await this.context.exchange(peer, 'hello').catch(({ reason }) => reason)];
    }
  }
  receive(body) {
    this.heard.add(body instanceof Uint8Array ? 'bytes' : typeof body);
    return body instanceof Uint8Array ? body : typeof body;
  }
  transferState() {
    return '';
  }
  acceptState() {}
  inspect() {
    return { told: this.told, heard: [...this.heard].sort() };
  }
}
`;

/** What `module inspect carrier` shows. */
export interface Carried {
  /** By the name of a peer: what came of bytes, and what it answered to JSON. */
  readonly told: Readonly<Record<string, readonly [string, string]>>;
  readonly heard: readonly string[];
}

export const carrier: ModuleSource = { name: 'carrier', version: '1.0.0', source: CARRIER };

/** Works well until its state is asked for: every few rounds, and when the node stops. */
const STUBBORN = `
export default class Stubborn {
  start() {}
  acceptState() {}
  receive() {
    return null;
  }
  transferState() {
    while (true) {}
  }
}
`;

export const stubborn: ModuleSource = { name: 'stubborn', version: '1.0.0', source: STUBBORN };
