/**
 * Fault 17: the power is cut after every operation of the real stores, and the disk is found in every state that this can
 * leave: the store then shows what it acknowledged last, or what it was just writing, and goes on. Without a sync it does not.
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CheckpointStore } from '../../../src/core/store/state/checkpoint-store.ts';
import { ConfigurationStore } from '../../../src/core/store/state/configuration-store.ts';
import { ContentStore } from '../../../src/core/store/code/content-store.ts';
import type { FileSystem } from '../../../src/core/store/files/file-system.ts';
import { nextIncarnation } from '../../../src/core/store/state/incarnation.ts';
import { JsonFile } from '../../../src/core/store/files/json-file.ts';
import { hashPlainFile } from '../../../src/core/store/files/plain-file.ts';
import { readPlainFile } from '../../../src/core/store/files/reader.ts';
import { sweepTemporaries, syncDirectory, writeAll } from '../../../src/core/store/files/writer.ts';
import type { VerifiedDeployment } from '../../../src/model/deployment.ts';
import type { ModuleName, PayloadHash } from '../../../src/model/names.ts';
import { hashBytes } from '../../../src/trust/manifest.ts';
import { codeOf } from './code-fixture.ts';
import { PowerCutDisk } from './power-cut-disk.ts';
import type { Image } from './power-cut-disk.ts';
import { stateOf, textOf } from '../../../src/model/state-bytes.ts';

/** A store under test. */
interface Play {
  /** What is asked of the store, one after the other; each resolves when it is acknowledged. */
  readonly steps: readonly ((fileSystem: FileSystem) => Promise<unknown>)[];
  /** Opens the store anew, as a node does when it starts, and says what it shows. */
  readonly open: (fileSystem: FileSystem) => Promise<unknown>;
  /** Whether it may show this when the first `done` steps are acknowledged and the next one may have begun. */
  readonly allows: (shown: unknown, done: number) => boolean;
}

interface Explored {
  /** States in which a disk was found. */
  readonly looked: number;
  /** What was shown though it must not be, each once. */
  readonly wrong: readonly string[];
}

/** Cuts the power after every operation of the play. `through`: a disk that does something else with what it is asked. */
async function explore(play: Play, { through = honest, image }: { through?: Through; image?: Image } = {}): Promise<Explored> {
  const disk = new PowerCutDisk(image);
  const acknowledged: number[] = [];
  for (const step of play.steps) {
    await step(through(disk.fileSystem));
    acknowledged.push(disk.moment);
  }
  const wrong = new Set<string>();
  let looked = 0;
  for (let moment = 0; moment <= disk.moment; moment += 1) {
    const done = acknowledged.filter((last) => last <= moment).length;
    for (const found of disk.cut(moment)) {
      looked += 1;
      const shown = await show(play, found);
      if (!play.allows(shown, done)) wrong.add(`after ${done} steps: ${JSON.stringify(shown)}`);
    }
  }
  return { looked, wrong: [...wrong] };
}

async function show(play: Play, found: Image): Promise<unknown> {
  const { fileSystem } = new PowerCutDisk(found);
  try {
    return await play.open(fileSystem);
  } catch (error) {
    return String(error);
  }
}

type Through = (fileSystem: FileSystem) => FileSystem;

const honest: Through = (fileSystem) => fileSystem;

/** Leaves out the syncs of files, of directories, or both. */
function withoutSync(leftOut: (isDirectory: boolean) => boolean): Through {
  return (fileSystem) => ({
    ...fileSystem,
    open: async (...args: Parameters<FileSystem['open']>) => {
      const handle = await fileSystem.open(...args);
      const isDirectory = (await handle.stat()).isDirectory();
      return leftOut(isDirectory) ? { ...handle, sync: () => Promise.resolve() } : handle;
    },
  });
}

/** A play whose steps lead from one state to the next: after a cut the store shows one of the two that are next to the cut. */
function between(states: readonly unknown[], rest: Pick<Play, 'steps' | 'open'>): Play {
  const texts = states.map((state) => JSON.stringify(state));
  return { ...rest, allows: (shown, done) => texts.slice(done, done + 2).includes(JSON.stringify(shown)) };
}

const record = (payload: string) => ({ envelope: { payload } }) as unknown as VerifiedDeployment;
const payloads = (envelopes: readonly unknown[]): string[] => (envelopes as { payload: string }[]).map(({ payload }) => payload);

async function openConfiguration(fileSystem: FileSystem): Promise<unknown> {
  await sweepTemporaries('/', fileSystem);
  const { envelopes } = await new ConfigurationStore('/', { fileSystem }).load();
  return payloads(envelopes);
}

/** As a core does it: the store is opened once, and saves all records that there are. */
function configuration(saves = 3): Play {
  let store: ConfigurationStore | undefined;
  const save = (count: number) => (fileSystem: FileSystem) =>
    (store ??= new ConfigurationStore('/', { fileSystem })).save(['d3', 'd2', 'd1'].slice(-count).map(record));
  return between([[], ['d1'], ['d2', 'd1'], ['d3', 'd2', 'd1']], {
    steps: [save(1), save(2), save(3)].slice(0, saves),
    open: openConfiguration,
  });
}

test('the configuration is what was acknowledged last, or what was being written', async () => {
  const { looked, wrong } = await explore(configuration());
  expect(wrong).toEqual([]);
  expect(looked).toBeGreaterThan(100);
});

test('a second power cut, while the node starts again and writes, loses no more than one', async () => {
  const first = configuration();
  const disk = new PowerCutDisk();
  for (const step of first.steps) await step(disk.fileSystem);
  let looked = 0;
  for (let moment = 0; moment <= disk.moment; moment += 1) {
    for (const image of disk.cut(moment)) {
      const shown = await show(first, image);
      const explored = await explore(restarted(shown), { image });
      expect(explored.wrong).toEqual([]);
      looked += explored.looked;
    }
  }
  expect(looked).toBeGreaterThan(5_000);
});

/** A node that starts on what a power cut left, which showed `before`, and saves once more. */
function restarted(before: unknown): Play {
  let store: ConfigurationStore | undefined;
  const start = async (fileSystem: FileSystem): Promise<void> => {
    await sweepTemporaries('/', fileSystem);
    store = new ConfigurationStore('/', { fileSystem });
    await store.load();
  };
  const save = () => store?.save([record('last')]) ?? Promise.resolve();
  return between([before, before, ['last']], { steps: [start, save], open: openConfiguration });
}

const COUNTER = 'counter' as ModuleName;
const checkpoint = (state: string) => ({ deployment: 'a'.repeat(64) as PayloadHash, stateEpoch: null, state: stateOf(state) });

test('a checkpoint is the last one or the one being written, and what a scrub threw away is gone', async () => {
  let store: CheckpointStore | undefined;
  const opened = (fileSystem: FileSystem): CheckpointStore => (store ??= new CheckpointStore('/', { fileSystem }));
  const save = (state: string) => (fileSystem: FileSystem) => opened(fileSystem).save(COUNTER, checkpoint(state));
  const { looked, wrong } = await explore({
    steps: [save('1'), save('2'), (fileSystem) => opened(fileSystem).drop(COUNTER), save('3')],
    open: async (fileSystem) => {
      await sweepTemporaries('/', fileSystem);
      const loaded = await new CheckpointStore('/', { fileSystem }).load(COUNTER);
      return loaded && textOf(loaded.state);
    },
    // While a scrub throws two copies away, either of them may be the one that is left.
    allows: (shown, done) => [[null, '1'], ['1', '2'], ['2', '1', null], [null, '3'], ['3']][done]?.includes(shown as string) ?? false,
  });
  expect(wrong).toEqual([]);
  expect(looked).toBeGreaterThan(100);
});

function admissions(durable: boolean): Play {
  const save = (value: number) => (fileSystem: FileSystem) =>
    new JsonFile('/admissions.json', { maxBytes: 100, durable, fileSystem }).save(value);
  const open = async (fileSystem: FileSystem) => {
    await sweepTemporaries('/', fileSystem);
    return (await new JsonFile('/admissions.json', { maxBytes: 100, fileSystem }).load()).value;
  };
  return between([null, 1, 2, 3], { steps: [save(1), save(2), save(3)], open });
}

test('a document is the last one or the one being written', async () => {
  const { looked, wrong } = await explore(admissions(true));
  expect(wrong).toEqual([]);
  expect(looked).toBeGreaterThan(50);
});

test('a document that need not be durable, as the hints, may be lost, and the node starts all the same', async () => {
  const { wrong } = await explore({ ...admissions(false), allows: (shown) => [null, 1, 2, 3].includes(shown as number) });
  expect(wrong).toEqual([]);
  expect((await explore(admissions(false))).wrong).toContain('after 3 steps: null');
});

test('an incarnation is never counted twice', async () => {
  const { looked, wrong } = await explore({
    steps: [1, 2, 3, 4].map(() => (fileSystem: FileSystem) => nextIncarnation('/', { fileSystem })),
    open: async (fileSystem) => {
      await sweepTemporaries('/', fileSystem);
      return nextIncarnation('/', { fileSystem });
    },
    allows: (shown, done) => Number(shown) > done,
  });
  expect(wrong).toEqual([]);
  expect(looked).toBeGreaterThan(100);
});

const CODES = ['one', 'two'].map((text) => codeOf({ 'index.js': text }));
const [ONE, TWO] = CODES as [(typeof CODES)[number], (typeof CODES)[number]];
const openContent = (fileSystem: FileSystem): Promise<ContentStore> => ContentStore.open('/content', { quotaBytes: 1_000_000, fileSystem });

/** One code comes in one go and is checked out; the other comes in two parts, as an interrupted fetch leaves it. */
function content(steps = 3): Play {
  let store: ContentStore | undefined;
  const put = async (fileSystem: FileSystem): Promise<void> => {
    store = await openContent(fileSystem);
    await store.putManifest(ONE.code, ONE.manifestBytes);
    for (const [hash, bytes] of ONE.blobs) await store.putBlob(hash, bytes, bytes.length);
  };
  const fetchHalf = (from: number) => async (): Promise<void> => {
    await store?.putManifest(TWO.code, TWO.manifestBytes);
    for (const [hash, bytes] of TWO.blobs) {
      const half = from === 0 ? bytes.subarray(0, 2) : bytes.subarray(2);
      await (await store?.partial(hash, bytes.length))?.append(half);
    }
  };
  return {
    steps: [put, fetchHalf(0), fetchHalf(2)].slice(0, steps),
    open: async (fileSystem) => whole(await openContent(fileSystem), fileSystem),
    allows: (shown, done) => {
      const codes = shown as string[];
      const acknowledged = done === 0 ? [] : done < 3 ? ['one'] : ['one', 'two'];
      const begun = done === 0 ? ['one'] : done === 1 ? ['one'] : ['one', 'two'];
      return Array.isArray(codes) && acknowledged.every((code) => codes.includes(code)) && codes.every((code) => begun.includes(code));
    },
  };
}

/** What hosts would run: every code that says that it is here is checked out, and must be what its name says. */
async function whole(store: ContentStore, fileSystem: FileSystem): Promise<string[]> {
  const found: string[] = [];
  for (const { code } of CODES) {
    if (!(await store.has(code))) continue;
    const directory = await store.checkout(code);
    const handle = await fileSystem.open(join(directory, 'index.js'), 'r');
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(10), 0, 10, 0);
    found.push(buffer.subarray(0, bytesRead).toString());
  }
  return found;
}

test('code that was acknowledged is there whole; other code is there whole or not at all', async () => {
  const { looked, wrong } = await explore(content());
  expect(wrong).toEqual([]);
  expect(looked).toBeGreaterThan(100);
});

test('of files that are stored at the same time, each is there once it is acknowledged', async () => {
  const blobs = ['a', 'b', 'c'].map((text) => Buffer.from(text));
  const disk = new PowerCutDisk();
  const store = await openContent(disk.fileSystem);
  const acknowledged = await Promise.all(
    blobs.map((bytes) => store.putBlob(hashBytes(bytes), bytes, bytes.length).then(() => ({ bytes, at: disk.moment }))),
  );
  for (let moment = Math.min(...acknowledged.map(({ at }) => at)); moment <= disk.moment; moment += 1) {
    for (const image of disk.cut(moment)) {
      const { fileSystem } = new PowerCutDisk(image);
      for (const { bytes, at } of acknowledged) {
        if (at > moment) continue;
        const found = await hashPlainFile(join('/content/blobs', hashBytes(bytes).slice(7)), 10, fileSystem);
        expect(found?.hash).toBe(hashBytes(bytes));
      }
    }
  }
});

test('a checkout that a power cut left half-made is made anew', async () => {
  const disk = new PowerCutDisk();
  const store = await openContent(disk.fileSystem);
  await store.putManifest(ONE.code, ONE.manifestBytes);
  for (const [hash, bytes] of ONE.blobs) await store.putBlob(hash, bytes, bytes.length);
  const before = disk.moment;
  await store.checkout(ONE.code);
  for (let moment = before; moment <= disk.moment; moment += 1) {
    for (const image of disk.cut(moment)) {
      const { fileSystem } = new PowerCutDisk(image);
      expect(await whole(await openContent(fileSystem), fileSystem)).toEqual(['one']);
    }
  }
});

describe('without the defence', () => {
  const syncless = { files: withoutSync((isDirectory) => !isDirectory), directories: withoutSync((isDirectory) => isDirectory) };

  test.each(['files', 'directories'] as const)('a disk that does not sync %s loses what was acknowledged', async (which) => {
    const lost = await explore(configuration(2), { through: syncless[which] });
    expect(lost.wrong).toContain('after 2 steps: ["d1"]');
    expect((await explore(admissions(true), { through: syncless[which] })).wrong).not.toEqual([]);
    expect((await explore(content(1), { through: syncless[which] })).wrong).not.toEqual([]);
  });

  test('a careless writer, which writes over the file itself, leaves neither the old state nor the new one', async () => {
    const careless = await explore(overwriting());
    expect(careless.wrong).toContain('after 1 steps: ""');
  });
});

/** A file that is removed and written anew in place, then synced, with its directory. */
function overwriting(): Play {
  const write = (text: string) => async (fileSystem: FileSystem) => {
    await fileSystem.rm('/state', { force: true });
    const handle = await fileSystem.open('/state', 'wx');
    await writeAll(handle, Buffer.from(text));
    await handle.sync();
    await syncDirectory('/', fileSystem);
  };
  const open = async (fileSystem: FileSystem) => (await readPlainFile('/state', 100, fileSystem))?.toString() ?? null;
  return between([null, 'old', 'new'], { steps: [write('old'), write('new')], open });
}
