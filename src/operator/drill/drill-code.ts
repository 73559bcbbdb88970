/** The code of a drill: it takes the state over as it is, starts, and then dies on every start without having said a word to a peer. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModuleName } from '../../model/names.ts';
import { readCode } from '../deploy/code-source.ts';
import type { CodeSource } from '../deploy/code-source.ts';

/** What a drill's code is labelled with: by it and by the message a drill is told from other deployments. */
export const DRILL_VERSION = 'drill';

/** Why an instance of it has ended. */
export const DRILL_WORDS = 'a drill: broken on purpose';

/** Long enough to be taken for a start that went well: the node switches to it, and there is no older instance to fall back to. */
const DIES_AFTER_MS = 2_000;
/** It holds the state of whatever module it stands in for: 64 MiB at most, twice that as text. */
const HEAP_MB = 512;

/**
 * The state goes through it untouched, text or bytes: into the checkpoint when it takes over, and out of it to whatever comes next. Where there was none it gives
 * none, and dies rather than make one up.
 */
const SOURCE = `
const DIES_AFTER_MS = ${DIES_AFTER_MS};

export default class Drill {
  #context;
  #state;
  constructor(context) {
    this.#context = context;
  }
  acceptState(state) {
    this.#state = state;
  }
  start() {
    this.#context.after(DIES_AFTER_MS, () => die());
  }
  receive() {
    throw new Error('${DRILL_WORDS}');
  }
  transferState() {
    if (this.#state !== undefined) return this.#state;
    die();
    throw new Error('a drill: there was no state');
  }
}

function die() {
  queueMicrotask(() => {
    throw new Error('${DRILL_WORDS}');
  });
}
`;

/** Lays the code for a module into a directory of its own, which is gone once `use` is done. It is the same for each module and each drill. */
export async function withDrillCode<T>(module: ModuleName, use: (code: CodeSource) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-drill-'));
  const moduleJson = { name: module, version: DRILL_VERSION, entry: 'index.mjs', api: 1, limits: { heapMb: HEAP_MB } };
  try {
    await writeFile(join(directory, 'index.mjs'), SOURCE);
    await writeFile(join(directory, 'module.json'), `${JSON.stringify(moduleJson, null, 2)}\n`);
    return await use(await readCode(directory));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
