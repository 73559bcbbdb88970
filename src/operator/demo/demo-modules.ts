/** The two codes that the demo makes beside the shipped membership module: an update, and a poisoned one. */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The shipped module under another version label: other bytes, another hash, the same state. */
export async function writeUpdate(shipped: string, directory: string, version: string): Promise<string> {
  await cp(shipped, directory, { recursive: true });
  const manifest = JSON.parse(await readFile(join(shipped, 'module.json'), 'utf8')) as Record<string, unknown>;
  await writeFile(join(directory, 'module.json'), `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);
  return directory;
}

/**
 * Takes the good state over, raises a bit in it, hands that on as its own, and then crashes on every start: what met
 * Amazon S3 in 2008, plus code that cannot gossip any more. The state stays well-formed, so every check would let it pass.
 */
const POISON = `
const CRASH_AFTER_MS = 1_500;

export default class Poisoned {
  constructor(context) {
    this.context = context;
    this.state = '{}';
  }
  acceptState(state) {
    this.state = state.replace(/"incarnation":(\\d+)/g, (_, count) => '"incarnation":' + (Number(count) | 2 ** 30));
  }
  start() {
    this.context.after(CRASH_AFTER_MS, () => queueMicrotask(() => { throw new Error('poisoned: the member table makes no sense'); }));
  }
  receive() {
    throw new Error('poisoned: no answer');
  }
  transferState() {
    return this.state;
  }
  inspect() {
    return { poisoned: true };
  }
}
`;

export async function writePoison(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'index.mjs'), POISON);
  await writeFile(
    join(directory, 'module.json'),
    `${JSON.stringify({ name: 'membership', version: '1.2.0-poisoned', entry: 'index.mjs', api: 1 }, null, 2)}\n`,
  );
  return directory;
}

/** Whether a state as `inspect` shows it carries the raised bit. */
export function isPoisoned(inspected: unknown): boolean {
  return JSON.stringify(inspected).includes('"poisoned":true') || incarnations(inspected).some((count) => count >= 2 ** 30);
}

function incarnations(value: unknown): number[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'incarnation' && typeof inner === 'number' ? [inner] : incarnations(inner),
  );
}
