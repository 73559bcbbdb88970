/**
 * Names that shells complete: what the commands of the current cluster saw last, one a line in a small file that shells read by themselves, since asking
 * nodes or starting this program at each tab would be slow.
 */
import { join } from 'node:path';
import { readRegularFile } from '../../core/store/files/regular-file.ts';
import { writeFileDurably } from '../../core/store/files/writer.ts';
import type { NodeStatus } from '../../api/status.ts';

export const NAME_KINDS = ['cluster', 'node', 'module', 'deployment'] as const;
export type NameKind = (typeof NAME_KINDS)[number];

/** Below the operator's home. */
export const SEEN_FILE = 'seen';

/** Shells expand what they complete: a name of another form, as a hostile node may tell, never gets into the file. */
const PLAIN = /^[a-z0-9][a-z0-9.-]{0,62}$/;
const MOST = 500;
/** Four kinds of the longest names. */
const MAX_BYTES = 256 * 1024;

export class Seen {
  readonly #names: Readonly<Record<NameKind, Set<string>>> = {
    cluster: new Set(),
    node: new Set(),
    module: new Set(),
    deployment: new Set(),
  };

  add(kind: NameKind, names: Iterable<string>): void {
    for (const name of names) if (PLAIN.test(name) && this.#names[kind].size < MOST) this.#names[kind].add(name);
  }

  status({ name, modules }: NodeStatus): void {
    this.add('node', [name]);
    this.add(
      'module',
      modules.map((module) => module.name),
    );
  }

  /** Envelopes as a node sent them, not verified: only names are taken, and only plain ones. */
  records(envelopes: readonly unknown[]): void {
    for (const envelope of envelopes) {
      const { module, number } = payloadOf(envelope);
      this.add('module', typeof module === 'string' ? [module] : []);
      this.add('deployment', Number.isSafeInteger(number?.sequence) ? [`d${String(number?.sequence)}`] : []);
    }
  }

  /** Writes the file anew, with what was known before where nothing of a kind was seen now. */
  async keep(home: string, cluster: string): Promise<void> {
    const path = join(home, SEEN_FILE);
    const before = readSeen(path);
    const known = before.startsWith(`of ${cluster}\n`) ? before.split('\n').slice(1) : [];
    const lines = NAME_KINDS.flatMap((kind) => {
      const names = [...this.#names[kind]].toSorted();
      return names.length === 0 ? known.filter((line) => line.startsWith(`${kind} `)) : names.map((name) => `${kind} ${name}`);
    });
    const after = `of ${cluster}\n${lines.join('\n')}\n`;
    // Nobody waits for it: a home that cannot be written does not fail a command that only looks.
    if (after !== before) await writeFileDurably(path, Buffer.from(after), { durable: false }).catch(() => undefined);
  }
}

/** What is no such file counts as none: nothing depends on it. */
function readSeen(path: string): string {
  try {
    return readRegularFile(path, { maxBytes: MAX_BYTES, code: 'GOSSIP_E_FILE' }).toString('utf8');
  } catch {
    return '';
  }
}

function payloadOf(envelope: unknown): { readonly module?: unknown; readonly number?: { readonly sequence?: unknown } } {
  try {
    const { payload } = envelope as { payload: string };
    return (JSON.parse(Buffer.from(payload, 'base64').toString()) as ReturnType<typeof payloadOf> | null) ?? {};
  } catch {
    return {};
  }
}
