/** What a node finds on its disk: its own files, and what became of them. */
import { Trust } from '../../../src/trust/trust.ts';
import { createHash } from 'node:crypto';
import { enroll } from '../../../src/core/admission/enrollment.ts';
import type { Logger } from '../../../src/core/log/log.ts';
import { restoreHints, restoreMembers, restoreRecords } from '../../../src/core/restore.ts';
import { CheckpointStore } from '../../../src/core/store/state/checkpoint-store.ts';
import { ConfigurationStore } from '../../../src/core/store/state/configuration-store.ts';
import type { DataDirectory } from '../../../src/core/store/data-directory.ts';
import { decodeCopy, encodeHeader, HEADER_BYTES } from '../../../src/core/store/files/copy-format.ts';
import { nextIncarnation } from '../../../src/core/store/state/incarnation.ts';
import { JsonFile } from '../../../src/core/store/files/json-file.ts';
import { GossipError } from '../../../src/model/errors.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import { memoryDisk } from '../memory-disk.ts';
import * as paper from '../paper.ts';
import { bytesOf, jsonBytes, target } from '../target.ts';
import type { Target } from '../target.ts';

const MODULE = 'membership' as ModuleName;
const silent = { warn: () => undefined, error: () => undefined } as unknown as Logger;

async function copy(sequence: number, state: Uint8Array): Promise<Buffer> {
  return Buffer.concat([await encodeHeader(sequence, [state]), state]);
}

const records = [jsonBytes([paper.deploymentEnvelope, paper.removalEnvelope]), bytesOf('[]')];
const labels = [
  { deployment: paper.record.hash, stateEpoch: null, encoding: 'utf8' },
  { deployment: paper.record.hash, stateEpoch: paper.removalRecord.hash, encoding: 'utf16le' },
];
const checkpoints = labels.map((label) => Buffer.concat([jsonBytes(label), bytesOf('\n{"counts":[1,2]}')]));
const sealed = await Promise.all([copy(1, bytesOf('state')), copy(2 ** 40, new Uint8Array())]);

/** A file of two copies, every byte as the disk gives it. */
const generationFile = target({
  name: 'copy',
  seeds: sealed,
  parse: async (input) => read(await decodeCopy(Buffer.from(input))),
  roundTrip: { write: ({ sequence, state }) => copy(sequence, state), oneSpelling: true },
});

/** The same with a checksum that fits, so that what lies behind it is reached. */
const resealed = target({
  name: 'copy-resealed',
  seeds: sealed,
  parse: async (input) => {
    const bytes = Buffer.from(input);
    if (bytes.length >= HEADER_BYTES) {
      const hash = createHash('sha256').update(bytes.subarray(0, 24)).update(bytes.subarray(HEADER_BYTES));
      hash.digest().copy(bytes, 24);
    }
    return read(await decodeCopy(bytes));
  },
  roundTrip: { write: ({ sequence, state }) => copy(sequence, state) },
});

function read(decoded: Awaited<ReturnType<typeof decodeCopy>>): Exclude<typeof decoded, string> {
  if (typeof decoded === 'string') throw new GossipError('GOSSIP_E_DATA_CORRUPT', decoded);
  // The next write counts on from here.
  if (!Number.isSafeInteger(decoded.sequence)) throw new Error(`a sequence of ${decoded.sequence}`);
  return { sequence: decoded.sequence, state: Buffer.from(decoded.state) };
}

const configuration = target({
  name: 'configuration-state',
  seeds: records,
  parse: async (input) => {
    const fileSystem = memoryDisk({ '/data/configuration.0': await copy(1, input) });
    const states = { isEmpty: () => Promise.resolve(true) };
    const data = { configuration: new ConfigurationStore('/data', { fileSystem }), checkpoints: states } as unknown as DataDirectory;
    return restoreRecords(data, new Trust(paper.root), silent);
  },
  roundTrip: { write: (found) => jsonBytes(found.map(({ envelope }) => envelope)) },
});

const checkpoint = target({
  name: 'checkpoint-state',
  seeds: checkpoints,
  parse: async (input) => loadCheckpoint(await copy(1, input)),
  roundTrip: {
    write: async (loaded) => {
      if (loaded === null) return new Uint8Array();
      const { deployment, stateEpoch, state } = loaded;
      return Buffer.concat([jsonBytes({ deployment, stateEpoch, encoding: 'utf8' }), bytesOf('\n'), ...state]);
    },
  },
});

function loadCheckpoint(file: Uint8Array): ReturnType<CheckpointStore['load']> {
  return new CheckpointStore('/state', { fileSystem: memoryDisk({ [`/state/${MODULE}.0`]: file }) }).load(MODULE);
}

const incarnation = target({
  name: 'incarnation',
  seeds: [bytesOf('1'), bytesOf('4294967296')],
  parse: async (input) => {
    const next = await nextIncarnation('/data', { fileSystem: memoryDisk({ '/data/incarnation.0': await copy(1, input) }) });
    if (!Number.isSafeInteger(next) || next < 1) throw new Error(`the next incarnation would be ${next}`);
    return next;
  },
});

const hints = target({
  name: 'hints.json',
  seeds: [jsonBytes([{ ...paper.peer, failures: 2, proven: true }]), bytesOf('[]')],
  parse: (input) => restoreHints({ hints: jsonFile(input) } as DataDirectory),
  roundTrip: { write: jsonBytes },
});

const admissions = target({
  name: 'admissions.json',
  seeds: [jsonBytes([paper.nodeId, paper.rendezvous.id])],
  parse: async (input) => {
    const data = { admissions: jsonFile(input) } as DataDirectory;
    const members = await restoreMembers(data, { root: paper.root }, paper.nodeId, { log: silent, vouched: () => Promise.resolve(false) });
    return members.has(paper.rendezvous.id);
  },
});

const cluster = target({
  name: 'cluster.json',
  seeds: [jsonBytes({ root: paper.rootEnvelope, admission: paper.admission, name: 'node1' })],
  parse: (input) => enroll(jsonFile(input), { id: paper.nodeId, token: undefined, name: undefined, now: 1_800_000_000_000 }),
  roundTrip: { write: (kept) => jsonBytes({ root: kept.root.envelope, admission: kept.admission, name: kept.name }) },
});

function jsonFile(bytes: Uint8Array): JsonFile {
  return new JsonFile('/data/file.json', { maxBytes: 8 * 1024 * 1024, fileSystem: memoryDisk({ '/data/file.json': bytes }) });
}

export const STORE: readonly Target[] = [generationFile, resealed, configuration, checkpoint, incarnation, hints, admissions, cluster];
