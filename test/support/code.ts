/** Module code made by a test: files, their manifest, and what a deployment says of them. */
import type { CodeReference } from '../../src/model/deployment.ts';
import type { Manifest } from '../../src/model/manifest.ts';
import type { ContentHash } from '../../src/model/names.ts';
import { hashBytes, manifestHash } from '../../src/trust/manifest.ts';

export interface Code {
  readonly manifest: Manifest;
  readonly reference: CodeReference;
  readonly blobs: ReadonlyMap<ContentHash, Uint8Array>;
}

/** The code of a module named `name`; `source` is its only JavaScript. */
export function moduleCode(name: string, source: string, version = '1.0.0'): Code {
  const moduleJson = JSON.stringify({ name, version, entry: 'index.mjs', api: 1 });
  return code({ 'index.mjs': source, 'module.json': moduleJson }, version);
}

/** `files` in the order of their names. */
export function code(files: Readonly<Record<string, string | Uint8Array>>, version = '1.0.0'): Code {
  const bytes = Object.entries(files).map(([path, text]) => ({ path, blob: typeof text === 'string' ? Buffer.from(text) : text }));
  const listed = bytes.map(({ path, blob }) => ({ path, size: blob.length, sha256: hashBytes(blob) }));
  const manifest: Manifest = { type: 'gossip/manifest/1', files: listed };
  return {
    manifest,
    reference: {
      hash: manifestHash(manifest),
      bytes: listed.reduce((sum, { size }) => sum + size, 0),
      files: listed.length,
      version,
    },
    blobs: new Map(bytes.map(({ blob }, index) => [listed[index]?.sha256 as ContentHash, blob])),
  };
}

/**
 * A module that gossips words: the one of its settings, and all that it hears. Whatever reaches an instance stays in
 * sight, so contamination shows; `inspect` also tells who sent what.
 */
const WORDS = `
export default class Words {
  constructor(context) {
    this.context = context;
    this.words = new Set();
    this.senders = [];
  }
  start() {
    if (this.context.settings.word) this.words.add(this.context.settings.word);
    this.context.every(this.context.intervalMs ?? 200, () => this.round());
  }
  async round() {
    for (const peer of this.context.peers(2)) {
      try {
        this.hear(await this.context.exchange(peer, [...this.words]));
      } catch {
        // The next round asks somebody else.
      }
    }
  }
  receive(words, from) {
    this.senders = [...this.senders, from.id].slice(-100);
    this.hear(words);
    return [...this.words];
  }
  hear(words) {
    for (const word of words) this.words.add(word);
  }
  transferState() {
    return JSON.stringify([...this.words]);
  }
  acceptState(state) {
    this.hear(JSON.parse(state));
  }
  inspect() {
    return { words: [...this.words].sort(), senders: this.senders };
  }
}
`;

/** The same module under another version label: other bytes, the same behaviour. */
export function words(version = '1.0.0'): Code {
  return moduleCode('words', WORDS, version);
}
